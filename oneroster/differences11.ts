import type { EntityName } from './model'

/**
 * OneRoster 1.1 beside 1.2: everything in which the same data looks different there, as data. rest-facade/v1p1 reads it to answer,
 * rolesOnDaySql.ts to filter. What is not named here is the same in both versions.
 */
export const basePath11 = '/ims/oneroster/v1p1'

/** How a closed vocabulary of 1.1 shows the tokens of an open one of 1.2. */
export interface ShownTokens {
  /** Tokens of 1.2 and what 1.1 shows for them; null: the member is left out. */
  readonly shows: Readonly<Record<string, string | null>>
  /** What is shown for `ext:` tokens, and for those of a record that has a parent. */
  readonly extension?: string | null
  readonly extensionBelowParent?: string
  /** What is shown when the record has no value. */
  readonly absent?: string
  /** Words of older versions that a filter may use, and what they mean. */
  readonly accepts?: Readonly<Record<string, string>>
}

export interface Difference {
  /** Members of 1.2 that 1.1 does not know. */
  readonly hidden: readonly string[]
  /** Members that only 1.1 has. */
  readonly added: readonly string[]
  /** Members of 1.1 that we have no value for: legal to select, absent in the answer. */
  readonly neverServed: readonly string[]
  /** Lists that clients iterate without a test: empty when the record has none. */
  readonly lists: readonly string[]
  readonly tokens: Readonly<Record<string, ShownTokens>>
}

const same = (...tokens: string[]): Record<string, string> => Object.fromEntries(tokens.map((token) => [token, token]))

/** `inactive` is the word of 1.0; 1.1 says to read it as tobedeleted. */
const status: ShownTokens = { shows: same('active', 'tobedeleted'), accepts: { inactive: 'tobedeleted' } }

const unchanged: Difference = { hidden: [], added: [], neverServed: [], lists: [], tokens: { status } }

export const differences: Readonly<Record<Exclude<EntityName, 'role' | 'userProfile'>, Difference>> = {
  org: {
    ...unchanged,
    lists: ['children'],
    tokens: {
      status,
      type: {
        shows: same('department', 'district', 'local', 'national', 'school', 'state'),
        extension: 'local',
        extensionBelowParent: 'department',
      },
    },
  },
  academicSession: {
    ...unchanged,
    lists: ['children'],
    tokens: { status, type: { shows: same('gradingPeriod', 'semester', 'schoolYear', 'term'), extension: 'term' } },
  },
  course: { ...unchanged, neverServed: ['resources'], lists: ['grades', 'subjects', 'subjectCodes'] },
  class: {
    ...unchanged,
    neverServed: ['resources'],
    lists: ['grades', 'terms', 'subjects', 'subjectCodes', 'periods'],
    tokens: {
      status,
      classType: { shows: same('homeroom', 'scheduled'), extension: 'scheduled', absent: 'scheduled' },
    },
  },
  user: {
    ...unchanged,
    hidden: [
      'agentOf',
      'roles',
      'userProfiles',
      'userMasterIdentifier',
      'preferredFirstName',
      'preferredMiddleName',
      'preferredLastName',
      'primaryOrg',
      'pronouns',
    ],
    added: ['role', 'orgs'],
    neverServed: ['password'],
    lists: ['userIds', 'agents', 'grades'],
  },
  enrollment: {
    ...unchanged,
    tokens: {
      status,
      role: { shows: same('administrator', 'proctor', 'student', 'teacher'), extension: 'proctor' },
    },
  },
  demographics: {
    ...unchanged,
    tokens: {
      status,
      sex: { shows: { ...same('male', 'female'), unspecified: null, other: null }, extension: null },
    },
  },
}

/** The one role of a user in 1.1 for each of the roles that a user may have in 1.2; `ext:` roles are staff without rights. */
export const userRoles: ShownTokens & { readonly extension: string } = {
  shows: {
    ...same('administrator', 'aide', 'guardian', 'parent', 'proctor', 'relative', 'student', 'teacher'),
    counselor: 'aide',
    districtAdministrator: 'administrator',
    principal: 'administrator',
    siteAdministrator: 'administrator',
    systemAdministrator: 'administrator',
  },
  extension: 'aide',
}

/** Which role is shown of several: the primary one at the user's primaryOrg, else the first of these. The last one is for who has none. */
export const roleOrder = [
  'teacher',
  'administrator',
  'student',
  'aide',
  'proctor',
  'parent',
  'guardian',
  'relative',
] as const

/** Collections of one kind of user show that kind's role, whatever other roles its users have. */
export const kindOfUsers: Readonly<Record<string, string>> = { students: 'student', teachers: 'teacher' }

/** Code minors of 1.1: plain words, some with blanks. */
export const codeMinors11 = {
  INVALID_FILTER_FIELD: 'invalid_filter_field',
  INVALID_SORT_FIELD: 'invalid_sort_field',
  INVALID_SELECTION_FIELD: 'invalid_selection_field',
  INVALID_PAGE: 'invalid data',
  INVALID_DATA: 'invalid data',
  INVALID_REQUEST: 'invalid data',
  METHOD_NOT_ALLOWED: 'invalid data',
  CONFLICT: 'invalid data',
  UNAUTHENTICATED: 'unauthorized',
  FORBIDDEN: 'forbidden',
  UNKNOWN_OBJECT: 'unknown object',
  SERVER_BUSY: 'server_busy',
  UNAVAILABLE: 'server_busy',
} as const
