import type { Field } from './fields'
import type { VocabularyName } from './vocabulary'

/**
 * The nine rostering entities, named once: JSON name, CSV column, type, requiredness, vocabulary, reference.
 * Longer than other files because the nine tables are read side by side. Fields stand in the column order of CSV Binding 1.2.1 section 9; everything else (headers, tables, SDL, filters, documents) derives from here.
 */
export interface Entity {
  readonly name: EntityName
  /** GraphQL type. */
  readonly type: string
  /** Root key of a collection in REST, and the CSV file's base name. */
  readonly collection: string
  readonly file: string
  readonly table: string
  /** The user that roles and userProfiles are nested in has them as a list, not as entities of their own. */
  readonly nestedIn?: 'user'
  /** `children` is the computed inverse of `parent` (OpenAPI: org.children, academicSession.children). */
  readonly hasChildren?: true
  readonly fields: readonly Field[]
}

export type EntityName =
  'org' | 'academicSession' | 'course' | 'class' | 'user' | 'role' | 'userProfile' | 'enrollment' | 'demographics'

const required = { json: 'required', csvRequired: true } as const
const optional = { json: 'optional', csvRequired: false } as const
const jsonOnlyRequired = { json: 'required', csvRequired: false } as const
const csvOnlyRequired = { json: 'optional', csvRequired: true } as const

const text = (name: string, need: Pick<Field, 'json' | 'csvRequired'>, csv = name): Field => ({
  name,
  csv,
  type: 'string',
  ...need,
})
const token = (name: string, values: VocabularyName, need: Pick<Field, 'json' | 'csvRequired'>): Field => ({
  name,
  csv: name,
  type: 'enum',
  values,
  ...need,
})
const flag = (name: string, need: Pick<Field, 'json' | 'csvRequired'>): Field => ({
  name,
  csv: name,
  type: 'boolean',
  ...need,
})
const day = (name: string, need: Pick<Field, 'json' | 'csvRequired'>): Field => ({
  name,
  csv: name,
  type: 'date',
  ...need,
})
const list = (name: string): Field => ({ name, csv: name, type: 'stringList', ...optional })
const reference = (
  name: string,
  references: EntityName,
  need: Pick<Field, 'json' | 'csvRequired'>,
  csv = `${name}SourcedId`,
): Field => ({ name, csv, type: 'guidRef', references, ...need })

/** sourcedId, status and dateLastModified open every row (OpenAPI Base; CSV Binding 1.2 section 5). */
const base: readonly Field[] = [
  { name: 'sourcedId', csv: 'sourcedId', type: 'guid', ...required },
  { name: 'status', csv: 'status', type: 'enum', values: 'status', json: 'required', csvRequired: 'delta' },
  { name: 'dateLastModified', csv: 'dateLastModified', type: 'dateTime', json: 'required', csvRequired: 'delta' },
]
/** Roles and userProfiles have their identity in CSV only. */
const csvBase: readonly Field[] = [
  ...base.map((field) => ({ ...field, json: 'absent' as const })),
  { name: 'user', csv: 'userSourcedId', type: 'guidRef', references: 'user', json: 'absent', csvRequired: true },
]
/** The only legal place for extensions; the far-right columns `metadata.*` in CSV. */
const metadata: Field = { name: 'metadata', type: 'metadata', ...optional }

export const org: Entity = {
  name: 'org',
  type: 'Org',
  collection: 'orgs',
  file: 'orgs.csv',
  table: 'orgs',
  hasChildren: true,
  fields: [
    ...base,
    text('name', required),
    token('type', 'orgType', required),
    text('identifier', jsonOnlyRequired),
    reference('parent', 'org', optional),
    metadata,
  ],
}

export const academicSession: Entity = {
  name: 'academicSession',
  type: 'AcademicSession',
  collection: 'academicSessions',
  file: 'academicSessions.csv',
  table: 'academic_sessions',
  hasChildren: true,
  fields: [
    ...base,
    text('title', required),
    token('type', 'sessionType', required),
    day('startDate', required),
    day('endDate', required),
    reference('parent', 'academicSession', optional),
    { name: 'schoolYear', csv: 'schoolYear', type: 'year', ...required },
    metadata,
  ],
}

export const course: Entity = {
  name: 'course',
  type: 'Course',
  collection: 'courses',
  file: 'courses.csv',
  table: 'courses',
  fields: [
    ...base,
    { ...reference('schoolYear', 'academicSession', optional), referencedType: 'schoolYear' },
    text('title', required),
    text('courseCode', jsonOnlyRequired),
    list('grades'),
    reference('org', 'org', csvOnlyRequired),
    list('subjects'),
    list('subjectCodes'),
    metadata,
  ],
}

export const klass: Entity = {
  name: 'class',
  type: 'Class',
  collection: 'classes',
  file: 'classes.csv',
  table: 'classes',
  fields: [
    ...base,
    text('title', required),
    list('grades'),
    reference('course', 'course', required),
    text('classCode', optional),
    token('classType', 'classType', csvOnlyRequired),
    text('location', optional),
    { ...reference('school', 'org', required), referencedType: 'school' },
    { name: 'terms', csv: 'termSourcedIds', type: 'guidRefs', references: 'academicSession', ...required },
    list('subjects'),
    list('subjectCodes'),
    list('periods'),
    metadata,
  ],
}

export const user: Entity = {
  name: 'user',
  type: 'User',
  collection: 'users',
  file: 'users.csv',
  table: 'users',
  fields: [
    ...base,
    flag('enabledUser', required),
    text('username', csvOnlyRequired),
    { name: 'userIds', csv: 'userIds', type: 'userIdList', ...optional },
    text('givenName', required),
    text('familyName', required),
    text('middleName', optional),
    text('identifier', optional),
    { ...text('email', optional), caseless: true },
    text('sms', optional),
    text('phone', optional),
    { name: 'agents', csv: 'agentSourcedIds', type: 'guidRefs', references: 'user', ...optional },
    list('grades'),
    { ...text('password', optional), secret: true },
    text('userMasterIdentifier', optional),
    text('preferredFirstName', optional, 'preferredGivenName'),
    text('preferredMiddleName', optional),
    text('preferredLastName', optional, 'preferredFamilyName'),
    reference('primaryOrg', 'org', optional),
    text('pronouns', optional),
    metadata,
  ],
}

export const role: Entity = {
  name: 'role',
  type: 'Role',
  collection: 'roles',
  file: 'roles.csv',
  table: 'roles',
  nestedIn: 'user',
  fields: [
    ...csvBase,
    token('roleType', 'roleType', required),
    token('role', 'userRole', required),
    day('beginDate', optional),
    day('endDate', optional),
    reference('org', 'org', required),
    {
      name: 'userProfile',
      csv: 'userProfileSourcedId',
      type: 'profileRef',
      references: 'userProfile',
      ...optional,
    },
    { ...metadata, json: 'absent' },
  ],
}

export const userProfile: Entity = {
  name: 'userProfile',
  type: 'UserProfile',
  collection: 'userProfiles',
  file: 'userProfiles.csv',
  table: 'user_profiles',
  nestedIn: 'user',
  fields: [
    ...csvBase,
    text('profileType', required),
    text('vendorId', required),
    text('applicationId', optional),
    text('description', optional),
    { ...text('credentialType', csvOnlyRequired), json: 'absent' },
    { ...text('username', csvOnlyRequired), json: 'absent' },
    { ...text('password', optional), json: 'absent', secret: true },
    { ...metadata, json: 'absent' },
  ],
}

export const enrollment: Entity = {
  name: 'enrollment',
  type: 'Enrollment',
  collection: 'enrollments',
  file: 'enrollments.csv',
  table: 'enrollments',
  fields: [
    ...base,
    reference('class', 'class', required),
    { ...reference('school', 'org', required), referencedType: 'school' },
    reference('user', 'user', required),
    token('role', 'enrollmentRole', required),
    flag('primary', optional),
    day('beginDate', optional),
    day('endDate', optional),
    metadata,
  ],
}

export const demographics: Entity = {
  name: 'demographics',
  type: 'Demographics',
  collection: 'demographics',
  file: 'demographics.csv',
  table: 'demographics',
  fields: [
    { ...base[0]!, references: 'user' },
    ...base.slice(1),
    day('birthDate', optional),
    token('sex', 'sex', optional),
    flag('americanIndianOrAlaskaNative', optional),
    flag('asian', optional),
    flag('blackOrAfricanAmerican', optional),
    flag('nativeHawaiianOrOtherPacificIslander', optional),
    flag('white', optional),
    flag('demographicRaceTwoOrMoreRaces', optional),
    flag('hispanicOrLatinoEthnicity', optional),
    text('countryOfBirthCode', optional),
    text('stateOfBirthAbbreviation', optional),
    text('cityOfBirth', optional),
    text('publicSchoolResidenceStatus', optional),
    metadata,
  ],
}

/** In the order in which records may be created: what is referred to stands before what refers to it. */
export const entities: Record<EntityName, Entity> = {
  org,
  academicSession,
  course,
  class: klass,
  user,
  role,
  userProfile,
  enrollment,
  demographics,
}

/** Entities that REST serves as objects of their own: all but role and userProfile. */
export const servedEntities = Object.values(entities).filter((entity) => !entity.nestedIn)

export const entityByFile: ReadonlyMap<string, Entity> = new Map(
  Object.values(entities).map((entity) => [entity.file, entity]),
)

/** The field of that JSON name. Throws when the model has none: a programming error. */
export function fieldOf(entity: Entity, name: string): Field {
  const field = entity.fields.find((candidate) => candidate.name === name)
  if (!field) throw new Error(`${entity.name} has no field ${name}`)
  return field
}
