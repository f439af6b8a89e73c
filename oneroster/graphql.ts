import { isReference, propertyOf, type Field } from './fields'
import { entities, fieldOf, type Entity } from './model'
import { sortableFields } from './pageSql'

/** The SDL of the entities that one subgraph owns: types, pages, filters, sort orders, inputs. Made by codegen.ts, checked in. Longer than other files: one small function for each kind of SDL type. */
export function entitySdl(owned: readonly Entity[]): string {
  return [sharedSdl, ...owned.flatMap(ownedSdl)].join('\n\n') + '\n'
}

function ownedSdl(entity: Entity): string[] {
  const nested = entity.name === 'user' ? [entities.role, entities.userProfile] : []
  return [
    ...nested.flatMap((part) => [typeSdl(part), nestedFilterSdl(part), nestedInputSdl(part)]),
    typeSdl(entity),
    pageSdl(entity),
    filterSdl(entity),
    sortSdl(entity),
    inputSdl(entity, 'Create'),
    inputSdl(entity, 'Update'),
    replacedSdl(entity),
  ]
}

/** Scalars and predicates, the same in every subgraph. */
const sharedSdl = `"""A day, YYYY-MM-DD"""
scalar Date

"""An instant in UTC, YYYY-MM-DDThh:mm:ss.sssZ"""
scalar DateTime

"""An open JSON object"""
scalar JSON

"""OneRoster JSON text, rendered when the record was written. The character U+0001 stands for the base URL of references."""
scalar RenderedJSON

enum Status {
  active
  tobedeleted
}

enum RoleType {
  primary
  secondary
}

enum OrderBy {
  asc
  desc
}

${predicate('StringPredicate', 'String', 'Compared by code point; contains does not regard case')}

${predicate('DatePredicate', 'Date', 'Compared as days', false)}

${predicate('DateTimePredicate', 'DateTime', 'Compared as instants; a bare day means its first moment in UTC', false)}

input BooleanPredicate {
  eq: Boolean
  ne: Boolean
}

"""True when any element equals, when none equals, when any contains"""
input ListPredicate {
  eq: String
  ne: String
  contains: String
}

input ReferencePredicate {
  sourcedId: StringPredicate
}

input ReferenceListPredicate {
  sourcedId: ListPredicate
}

input UserIdPredicate {
  type: ListPredicate
  identifier: ListPredicate
}

"""One member of metadata; its key may contain dots"""
input MetadataPredicate {
  key: String!
  eq: String
  ne: String
  gt: String
  ge: String
  lt: String
  le: String
  contains: String
}`

function predicate(name: string, scalar: string, description: string, text = true): string {
  const lines = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'].map((operator) => `  ${operator}: ${scalar}`)
  if (text) lines.push('  contains: String', '  in: [String!]')
  return `"""${description}"""\ninput ${name} {\n${lines.join('\n')}\n}`
}

function typeSdl(entity: Entity): string {
  const fields = entity.fields.filter((field) => field.json !== 'absent' && !field.secret)
  const lines = fields.map((field) => `  ${field.name}: ${outputType(field)}`)
  if (entity.name === 'userProfile') lines.unshift('  profileId: String!')
  if (entity.name === 'userProfile') lines.push('  credentials: [Credential!]!')
  if (entity.name === 'user') lines.push('  roles: [Role!]!', '  userProfiles: [UserProfile!]!')
  if (entity.hasChildren) lines.push(`  children: [${entity.type}!]!`)
  if (entity.nestedIn)
    return `type ${entity.type} {\n${lines.join('\n')}\n}${entity.name === 'userProfile' ? credentialSdl : ''}`
  lines.push(
    '  "The record as one OneRoster JSON document; `fields` selects members"',
    `  rendered(${renderedArguments(entity)}): RenderedJSON!`,
  )
  const userId = entity.name === 'user' ? userIdSdl : ''
  return `${userId}type ${entity.type} @key(fields: "sourcedId") {\n${lines.join('\n')}\n}`
}

const userIdSdl = `type UserId {
  type: String!
  identifier: String!
}

input UserIdInput {
  type: String!
  identifier: String!
}

"""What OneRoster 1.1 shows of the roles that are valid on a day: its one role is among these, this org is among its orgs"""
input RolesOnDayFilter {
  day: Date!
  role: [String!]
  org: String
}

`
const credentialSdl = `

"""Passwords are never served"""
type Credential {
  type: String!
  username: String!
}`

function outputType(field: Field): string {
  const bang = field.json === 'required' && !isReference(field) ? '!' : ''
  return `${baseType(field)}${bang}`
}

function baseType(field: Field): string {
  switch (field.type) {
    case 'guid':
      return 'ID'
    case 'boolean':
      return 'Boolean'
    case 'date':
      return 'Date'
    case 'dateTime':
      return 'DateTime'
    case 'metadata':
      return 'JSON'
    case 'stringList':
      return '[String!]'
    case 'userIdList':
      return '[UserId!]'
    case 'guidRef':
      return referredType(field)
    case 'guidRefs':
      return `[${referredType(field)}!]`
    case 'enum':
      // Open vocabularies carry ext: values, which no GraphQL enum can hold.
      return field.values === 'status' ? 'Status' : field.values === 'roleType' ? 'RoleType' : 'String'
    default:
      return 'String'
  }
}

function referredType(field: Field): string {
  return entities[field.references as keyof typeof entities].type
}

function pageSdl(entity: Entity): string {
  return `type ${entity.type}Page {
  items: [${entity.type}!]!
  "How many records the filter finds, not the size of the page"
  total: Int!
  "Position of the next page, for the argument \`after\`; null at the end"
  next: String
  "The items as OneRoster JSON documents, joined by commas"
  rendered(${renderedArguments(entity)}): RenderedJSON!
}`
}

/** agentOf adds the inverse of agents, for OneRoster 1.1. */
function renderedArguments(entity: Entity): string {
  return entity.name === 'user' ? 'fields: [String!], agentOf: Boolean = false' : 'fields: [String!]'
}

function filterSdl(entity: Entity): string {
  const lines = entity.fields
    .filter((field) => field.json !== 'absent' && !field.secret)
    .map((field) => `  ${field.name}: ${predicateType(field)}`)
  if (entity.name === 'user') {
    lines.push('  roles: RoleFilter', '  userProfiles: UserProfileFilter', '  rolesOnDay: RolesOnDayFilter')
  }
  const type = `${entity.type}Filter`
  return `"""All given conditions hold"""\ninput ${type} {\n  AND: [${type}!]\n  OR: [${type}!]\n  NOT: ${type}\n${lines.join('\n')}\n}`
}

/** One element of the list fulfils all given conditions. */
function nestedFilterSdl(entity: Entity): string {
  const fields = entity.fields.filter(
    (field) => field.json !== 'absent' && !field.secret && field.type !== 'profileRef',
  )
  const lines = fields.map((field) => `  ${field.name}: ${predicateType(field)}`)
  return `"""One element fulfils all given conditions"""\ninput ${entity.type}Filter {\n${lines.join('\n')}\n}`
}

function predicateType(field: Field): string {
  switch (field.type) {
    case 'boolean':
      return 'BooleanPredicate'
    case 'date':
      return 'DatePredicate'
    case 'dateTime':
      return 'DateTimePredicate'
    case 'metadata':
      return '[MetadataPredicate!]'
    case 'stringList':
      return 'ListPredicate'
    case 'userIdList':
      return 'UserIdPredicate'
    case 'guidRef':
      return 'ReferencePredicate'
    case 'guidRefs':
      return 'ReferenceListPredicate'
    default:
      return 'StringPredicate'
  }
}

function sortSdl(entity: Entity): string {
  const values = sortableFields(entity).map((field) => `  ${propertyOf(field)}`)
  return `enum ${entity.type}SortField {\n${values.join('\n')}\n}\n\ninput ${entity.type}Sort {\n  field: ${entity.type}SortField!\n  orderBy: OrderBy = asc\n}`
}

function replacedSdl(entity: Entity): string {
  return `type Replaced${entity.type} {\n  "False when a record of that key was replaced"\n  created: Boolean!\n  record: ${entity.type}!\n}`
}

/** Inputs name references as CSV does (schoolSourcedId). Update changes what is given; null empties an optional field. */
function inputSdl(entity: Entity, kind: 'Create' | 'Update'): string {
  const fields = entity.fields.filter((field) => !['status', 'dateLastModified', 'sourcedId'].includes(field.name))
  const lines = fields.map(
    (field) =>
      `  ${propertyOf(field)}: ${inputType(field)}${kind === 'Create' && field.csvRequired === true ? '!' : ''}`,
  )
  if (kind === 'Create') lines.unshift(`  sourcedId: ID!`)
  if (entity.name === 'user') lines.push('  roles: [RoleInput!]', '  userProfiles: [UserProfileInput!]')
  return `input ${kind}${entity.type}Input {\n${lines.join('\n')}\n}`
}

function nestedInputSdl(entity: Entity): string {
  const inherited = ['status', 'dateLastModified', 'user']
  const fields = entity.fields.filter((field) => !inherited.includes(field.name))
  const lines = fields.map((field) => {
    const optionalId = field.name === 'sourcedId' || field.csvRequired !== true
    return `  ${propertyOf(field)}: ${inputType(field)}${optionalId ? '' : '!'}`
  })
  return `input ${entity.type}Input {\n${lines.join('\n')}\n}`
}

function inputType(field: Field): string {
  if (field.type === 'guidRef' || field.type === 'profileRef') return 'ID'
  if (field.type === 'guidRefs') return '[ID!]'
  if (field.type === 'userIdList') return '[UserIdInput!]'
  return baseType(field)
}

/** Fails loudly when the hand-written parts above name a field that the model lost. */
for (const name of ['roleType', 'userProfile']) fieldOf(entities.role, name)
