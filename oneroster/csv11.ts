import type { EntityName } from './model'

/**
 * CSV packages of OneRoster 1.1 and 1.0 beside those of 1.2: everything in which they differ, as data. They are read by the names of their
 * columns (1.2 by position) and become rows of 1.2 (subgraphs/imports/pipeline/convertRows.ts). Clauses: OneRoster 1.1 CSV Tables;
 * what older senders really write is noted where it matters.
 */
export type OlderId = 'or-1.1' | 'or-1.0'

/** Looked up by what a file says, which may be `constructor`: hence without a prototype. */
const words = <T extends string>(entries: Record<string, T>): Readonly<Record<string, T>> =>
  Object.assign(Object.create(null) as Record<string, T>, entries)

/** Values of the manifest's oneroster.version that name an older package. 1.0 has no manifest, but some senders add one. */
export const olderVersions = words<OlderId>({ '1.1': 'or-1.1', '1.1.1': 'or-1.1', '1.0': 'or-1.0' })

/** Files of a 1.1 package besides manifest.csv. 1.0 knows seven of them. Roles are columns of users.csv. */
export const packageFiles11 = [
  'academicSessions',
  'categories',
  'classes',
  'classResources',
  'courses',
  'courseResources',
  'demographics',
  'enrollments',
  'lineItems',
  'orgs',
  'resources',
  'results',
  'users',
] as const

/** users.csv of 1.1 and 1.0 has these, and of 1.2 not: by them the generation of a package is known. */
export const roleColumns = ['orgSourcedIds', 'role'] as const

/** The first column of users.csv that came with 1.2. */
export const firstNewColumn = 'userMasterIdentifier'

/** Names that columns had in 1.0 and in drafts of 1.1, and what they are called since. Capitals are forgiven besides. */
export const renamedColumns: Partial<Record<EntityName, Readonly<Record<string, string>>>> = {
  course: words({ schoolYearId: 'schoolYearSourcedId', grade: 'grades' }),
  class: words({ grade: 'grades', termSourcedId: 'termSourcedIds' }),
  user: words({ userId: 'userIds', agents: 'agentSourcedIds', grade: 'grades', middleNames: 'middleName' }),
  demographics: words({ userSourcedId: 'sourcedId' }),
}

/** Columns that 1.2 requires and 1.0 does not have: what stands for them is in convertRows.ts and settleOlder.ts. */
export const suppliedColumns: Partial<Record<EntityName, readonly string[]>> = {
  user: ['enabledUser'],
  academicSession: ['schoolYear'],
}

/** users.role of 1.1 as roles.role of 1.2; an administrator's depends on the type of the organisation. `ext:` tokens stay. */
export const userRoles11 = words({
  administrator: 'siteAdministrator',
  aide: 'aide',
  guardian: 'guardian',
  parent: 'parent',
  proctor: 'proctor',
  relative: 'relative',
  student: 'student',
  teacher: 'teacher',
})

/** An administrator of an organisation of these types is a districtAdministrator. */
export const districtTypes = ['district', 'local', 'state', 'national'] as const

/** Roles that 1.1 senders write in enrollments and 1.2 admits as extensions only. */
export const enrollmentRoles11 = words({
  aide: 'ext:aide',
  guardian: 'ext:guardian',
  parent: 'ext:parent',
  relative: 'ext:relative',
})

/** Words for true and false that senders write, in any case. */
export const booleanWords = words({ true: 'true', false: 'false', yes: 'true', no: 'false' })

/** The word of 1.0 for a record that is gone. */
export const olderStatus = words({ inactive: 'tobedeleted' })

/** Columns of closed vocabularies whose tokens 1.0 writes with capitals. Roles and types are taken by the letter. */
export const caselessTokens: Partial<Record<EntityName, readonly string[]>> = { demographics: ['sex'] }

/** org.type of 1.0: what is a district since 1.1 was called local. */
export const orgTypes10 = words({ local: 'district' })

/** Key in the metadata of a derived role, and of a user whose role 1.2 calls otherwise: the role as the package has it. */
export const olderRoleKey = 'or11Role'
