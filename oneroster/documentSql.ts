import { columnOf, type Field } from './fields'
import { entities, type Entity } from './model'
import { heldSql } from './heldSql'

/**
 * The JSON form of a record as one SQL text expression, rendered when the row is written and stored in `document`.
 * Rules of the REST binding (OpenAPI): booleans are the strings "true"/"false", references are GUIDRefs of the base type, absent values are
 * left out, `identifier` and `courseCode` are required and therefore "" when unknown.
 *
 * An absolute href needs the public address, which only the one who answers knows. The character U+0001 stands in its place: JSON strings
 * carry control characters escaped, so no value can forge it. `withBaseUrl` (json.ts) puts the address in.
 */
export const baseUrlMark = '\u0001'

/**
 * The expression for one row of the entity's table (or of a row with the same columns) under `alias`. A merge gives all its rows one stamp:
 * `stampSql`, an expression of the timestamp that does not depend on the row, is then rendered once and not for each of a million.
 */
export function documentSql(entity: Entity, alias: string, stampSql?: string): string {
  const options = stampSql ? { stamp: `(select ${stampTextSql(stampSql)})` } : {}
  return objectSql([...fieldMembers(entity, alias, options), ...nestedMembers(entity, alias)])
}

/** How a document is read. */
export interface DocumentReading {
  /** Just these members; undefined: all. */
  readonly only?: ReadonlySet<string> | undefined
  /** Users with the ids of the inverse of `agents`, which no binding has but of which OneRoster 1.1 makes `agents` (rest-facade/v1p1). */
  readonly agentOf?: boolean
  /** Made of what the reader may see of the columns, not of what was stored for those who see all (docs/decisions/schools.md). */
  readonly anew?: boolean
}

/** The document as it is read: the stored one together with `children`, the inverse of `parent`, which is not stored. */
export function documentReadSql(
  entity: Entity,
  alias: string,
  { only, agentOf = false, anew = false }: DocumentReading = {},
): string {
  if (only || anew)
    return objectSql([
      ...fieldMembers(entity, alias, { only }),
      ...nestedMembers(entity, alias, only),
      ...childrenMembers(entity, alias, only),
      ...(agentOf && !only ? [agentOfMember(alias)] : []),
    ])
  const [inverse] = agentOf ? [agentOfMember(alias)] : childrenMembers(entity, alias)
  return inverse ? `left(${alias}.document, -1) || coalesce(',' || ${inverse.sql}, '') || '}'` : `${alias}.document`
}

/** The members that a document of this entity may have: what `fields` may select (REST binding, field selection). */
export function documentMembers(entity: Entity): string[] {
  const members = entity.fields.filter((field) => field.json !== 'absent' && !field.secret).map((field) => field.name)
  if (entity.name === 'user') members.push('roles', 'userProfiles')
  if (entity.hasChildren) members.push('children')
  return members
}

/** `"name":value` as SQL; null, and so left out of the object, unless `always`. */
interface Member {
  readonly sql: string
  readonly always?: boolean
}

function objectSql(members: readonly Member[]): string {
  const [first, ...others] = members
  if (!first) return `'{}'`
  if (!first.always) return `'{' || concat_ws(',', ${members.map(({ sql }) => sql).join(', ')}) || '}'`
  const rest = others.map(({ sql, always }) => (always ? `',' || ${sql}` : `coalesce(',' || ${sql}, '')`))
  // Constants that meet are one constant: a third of the time of a document goes into joining texts.
  return [`'{' || ${first.sql}`, ...rest, `'}'`].join(' || ').replaceAll(`' || '`, '')
}

function fieldMembers(
  entity: Entity,
  alias: string,
  { only, stamp }: { only?: ReadonlySet<string>; stamp?: string } = {},
): Member[] {
  return entity.fields
    .filter((field) => field.json !== 'absent' && !field.secret && (!only || only.has(field.name)))
    .map((field) => {
      const value = stamp && field.type === 'dateTime' ? stamp : valueSql(field, `${alias}.${columnOf(field)}`)
      return { sql: memberSql(field, value), always: field.json === 'required' }
    })
}

function memberSql(field: Field, value: string): string {
  if (field.json !== 'required' || field.type === 'guid' || field.csvRequired === 'delta')
    return `'"${field.name}":' || ${value}`
  return `'"${field.name}":' || coalesce(${value}, '${field.type === 'guidRefs' ? '[]' : '""'}')`
}

/** JSON text of one value, null when absent. */
function valueSql(field: Field, column: string): string {
  switch (field.type) {
    case 'boolean':
      return `'"' || ${column}::text || '"'`
    case 'date':
      return `to_json(${column})::text`
    case 'dateTime':
      return stampTextSql(column)
    case 'stringList':
      return `nullif(array_to_json(${column})::text, '[]')`
    case 'metadata':
      return `nullif(${column}::text, '{}')`
    case 'userIdList':
      return `nullif(${column}::text, '[]')`
    case 'guidRef':
      return guidRefSql(column, referred(field))
    case 'guidRefs':
      return (
        `(select '[' || string_agg(${guidRefSql('item', referred(field))}, ',' order by position) || ']'` +
        ` from unnest(${column}) with ordinality as items(item, position))`
      )
    case 'guid':
    case 'enum':
    case 'year':
      // Their characters need no escaping: GUIDs (CSV Binding 1.2 section 3), tokens and `ext:` values (vocabulary.ts), digits.
      return `'"' || ${column} || '"'`
    case 'profileRef':
      return `'"' || ${profileIdSql(column)} || '"'`
    default:
      return `to_json(${column})::text`
  }
}

/** The stamp with exactly three decimals, in UTC (REST binding, date-times). */
function stampTextSql(timestamp: string): string {
  return `'"' || to_char(${timestamp} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'`
}

function referred(field: Field): Entity {
  return entities[field.references as keyof typeof entities]
}

/** {href, sourcedId, type}; the type is the base entity, also for schools and terms (OpenAPI GUIDRef schemas). */
function guidRefSql(id: string, entity: Entity): string {
  // GUIDs hold digits, letters and . - _ / @ only (CSV Binding 1.2 section 3), so of all these just the slash needs escaping in a path.
  return (
    `'{"href":"${baseUrlMark}/${entity.collection}/' || replace(${id}, '/', '%2F') ||` +
    ` '","sourcedId":"' || ${id} || '","type":"${entity.name}"}'`
  )
}

/** profileId is a URI in JSON and a GUID in CSV: a UUID becomes urn:uuid:, any other GUID a urn of our own. */
function profileIdSql(column: string): string {
  const uuid = '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'
  return `case when ${column} ~ '${uuid}' then 'urn:uuid:' else 'urn:rosterhub:userProfile:' end || ${column}`
}

function childrenMembers(entity: Entity, alias: string, only?: ReadonlySet<string>): Member[] {
  if (!entity.hasChildren || (only && !only.has('children'))) return []
  const children =
    `(select string_agg(${guidRefSql('c.sourced_id', entity)}, ',' order by c.sourced_id) from ${entity.table} c` +
    ` where c.tenant_id = ${alias}.tenant_id and c.parent_sourced_id = ${alias}.sourced_id and c.status = 'active')`
  return [{ sql: `'"children":[' || ${children} || ']'` }]
}

/** The ids of the users whose agent this user is, null when there are none; asked of migrations/1790000004000-agentOf.ts. */
function agentOfMember(alias: string): Member {
  return { sql: `'"agentOf":' || array_to_json(user_agent_of(${alias}.sourced_id))::text` }
}

function nestedMembers(entity: Entity, alias: string, only?: ReadonlySet<string>): Member[] {
  if (entity.name !== 'user') return []
  const { role, userProfile } = entities
  const roles = elementsSql(role, alias, objectSql(fieldMembers(role, 'n')))
  const profiles = elementsSql(userProfile, alias, profileSql('n'))
  const members: Record<string, Member> = {
    roles: { sql: `'"roles":[' || coalesce(${roles}, '') || ']'`, always: true },
    userProfiles: { sql: `'"userProfiles":[' || ${profiles} || ']'` },
  }
  return Object.entries(members).flatMap(([name, member]) => (!only || only.has(name) ? [member] : []))
}

function elementsSql(entity: Entity, alias: string, element: string): string {
  return (
    `(select string_agg(${element}, ',' order by n.sourced_id) from ${entity.table} n` +
    ` where n.tenant_id = ${alias}.tenant_id and n.user_sourced_id = ${alias}.sourced_id and ${heldSql('n', alias)})`
  )
}

/** CSV holds one credential a row; JSON has a list of them (OpenAPI UserProfile.credentials). Passwords are never served. */
function profileSql(alias: string): string {
  const credential = objectSql([
    { sql: `'"type":' || to_json(${alias}.credential_type)::text` },
    { sql: `'"username":' || to_json(${alias}.username)::text` },
  ])
  const credentials = `case when ${alias}.credential_type is not null then ${credential} else '' end`
  return objectSql([
    { sql: `'"profileId":"' || ${profileIdSql(`${alias}.sourced_id`)} || '"'`, always: true },
    ...fieldMembers(entities.userProfile, alias),
    { sql: `'"credentials":[' || ${credentials} || ']'`, always: true },
  ])
}
