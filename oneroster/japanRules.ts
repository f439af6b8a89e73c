import * as formats from './formats'
import type { IssueCodeName, IssueParameters } from './issueCodes'
import type { EntityName } from './model'

/**
 * What the Japan profiles ask of single cells beyond the base standard (Japan profile sections 4 to 6), as data: entity, column, rules.
 * Rules see filled cells only. Where the sources contradict each other the milder reading is taken, as a warning.
 */
export interface CellCheck {
  readonly code: IssueCodeName
  readonly parameters?: IssueParameters
  readonly test: (value: string) => boolean
}

const check = (code: IssueCodeName, test: CellCheck['test'], parameters?: IssueParameters): CellCheck => ({
  code,
  test,
  ...(parameters ? { parameters } : {}),
})
const oneOf = (code: IssueCodeName, ...tokens: string[]): CellCheck =>
  check(code, (value) => tokens.includes(value), { expected: tokens.join(', ') })
const everyItem = (code: IssueCodeName, test: CellCheck['test']): CellCheck =>
  check(code, (value) => test(value) || value.split(',').every(test))

const uuid = check('row.uuid', (value) => formats.isUuid(value) || value.split(',').every(formats.isUuid))
const fullWidth = check('row.halfWidthKana', (value) => !formats.hasHalfWidthKana(value))
const katakana = check('row.katakana', formats.isKatakana)
const yearTitle = check('row.schoolYearTitle', (value) => /^\d{4}年度$/.test(value))
const yearPrefix = check('row.schoolYearTitle', (value) => /^\d{4}年度/.test(value))
const gradeCodes = everyItem('row.gradeCode', (value) => /^(P[1-6]|J[1-3]|H[1-3]|E[1-3])$/.test(value))
const subjectCodes = everyItem('row.subjectCode', (value) => /^(P0[1-9]0|P100|J0[1-9]0)$/.test(value))

export const japanCellChecks: Partial<Record<EntityName, Readonly<Record<string, readonly CellCheck[]>>>> = {
  org: {
    name: [fullWidth],
    type: [oneOf('row.unusualToken', 'district', 'school')],
  },
  academicSession: {
    title: [yearTitle],
    type: [oneOf('row.profileToken', 'schoolYear')],
    startDate: [check('row.schoolYearDay', (value) => value.endsWith('-04-01'), { expected: '04-01' })],
    endDate: [check('row.schoolYearDay', (value) => value.endsWith('-03-31'), { expected: '03-31' })],
  },
  course: { title: [yearPrefix, fullWidth], grades: [gradeCodes], subjectCodes: [subjectCodes] },
  class: {
    title: [fullWidth],
    location: [fullWidth],
    classType: [oneOf('row.profileToken', 'homeroom', 'scheduled')],
    grades: [gradeCodes],
    subjectCodes: [subjectCodes],
  },
  user: {
    ...Object.fromEntries(
      ['givenName', 'familyName', 'middleName', 'preferredGivenName', 'preferredMiddleName', 'preferredFamilyName'].map(
        (column) => [column, [fullWidth]],
      ),
    ),
    ...Object.fromEntries(
      ['Given', 'Family', 'Middle', 'PreferredGiven', 'PreferredFamily', 'PreferredMiddle'].map((name) => [
        `metadata.jp.kana${name}Name`,
        [fullWidth, katakana],
      ]),
    ),
    enabledUser: [oneOf('row.unusualToken', 'true')],
    grades: [gradeCodes],
    userMasterIdentifier: [check('row.uuidVersion4', formats.isUuidVersion4)],
  },
  role: {
    role: [
      oneOf(
        'row.unusualToken',
        ...['student', 'teacher', 'guardian', 'principal', 'districtAdministrator', 'siteAdministrator'],
        ...['systemAdministrator', 'proctor'],
      ),
    ],
  },
  userProfile: { description: [fullWidth] },
  demographics: { sex: [oneOf('row.profileToken', 'male', 'female', 'unspecified', 'other')] },
}

/** Cells that the Japan profiles want filled where the base standard leaves them free. */
export const japanRequired: Partial<Record<EntityName, readonly string[]>> = {
  user: ['userMasterIdentifier', 'metadata.jp.kanaGivenName', 'metadata.jp.kanaFamilyName'],
  enrollment: ['primary'],
}

/** Filled by most senders and asked for by newer generations only: a warning when empty. */
export const japanRecommended: Partial<Record<EntityName, readonly string[]>> = {
  user: ['preferredGivenName', 'preferredFamilyName'],
}

/** courses.courseCode stays empty in Japan (section 5.6). */
export const japanEmpty: Partial<Record<EntityName, readonly string[]>> = { course: ['courseCode'] }

/** What the extension columns hold; those not named hold text. `homeClass` is a reference to classes (section 5.1). */
export const japanMetadataKinds: Readonly<Record<string, 'boolean' | 'integer' | 'guid'>> = {
  'metadata.jp.homeClass': 'guid',
  'metadata.jp.specialNeeds': 'boolean',
  'metadata.jp.ShussekiNo': 'integer',
  'metadata.jp.shussekiNo': 'integer',
  'metadata.jp.PublicFlg': 'boolean',
  'metadata.jp.publicFlg': 'boolean',
}

/** Guardians stand in enrollments of some senders (section 5.8); held as `ext:guardian`, which the base list allows. */
export const japanExtraTokens: Partial<Record<EntityName, Readonly<Record<string, readonly string[]>>>> = {
  enrollment: { role: ['guardian'] },
}

/** sourcedId and all references are UUIDs (section 4). */
export const japanIdentifier: CellCheck = uuid
