import * as formats from './formats'
import type { IssueCodeName, IssueParameters } from './issueCodes'
import { isJisX0213 } from './jisX0213'
import type { EntityName } from './model'

/**
 * What the Japan profiles ask of single cells beyond the base standard (Japan profile sections 4 to 6), as data: entity, column, rules.
 * Rules see filled cells only. Where the sources contradict each other the milder reading is taken, as a warning.
 */
/** Codes that a deployment knows (section 6). Others are taken with a warning. */
export interface CodeLists {
  readonly grades: ReadonlySet<string>
  readonly subjects: ReadonlySet<string>
}

const numbered = (letter: string, count: number, write = (number: number) => String(number)) =>
  Array.from({ length: count }, (_, index) => letter + write(index + 1))
const tens = (number: number) => String(number * 10).padStart(3, '0')

/** P1-P6, J1-J3, H1-H3, E1-E3; P010-P100 (小学校), J010-J090 (中学校). GRADE_CODES and SUBJECT_CODES replace them. */
export const knownCodes: CodeLists = {
  grades: new Set([...numbered('P', 6), ...numbered('J', 3), ...numbered('H', 3), ...numbered('E', 3)]),
  subjects: new Set([...numbered('P', 10, tens), ...numbered('J', 9, tens)]),
}

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

const fullWidth = check('row.halfWidthKana', (value) => !formats.hasHalfWidthKana(value))
const repertoire = check('row.characterSet', isJisX0213)
const words = [fullWidth, repertoire]
const katakana = check('row.katakana', formats.isKatakana)
const yearTitle = check('row.schoolYearTitle', (value) => value.length === 6 && formats.hasSchoolYear(value))
const yearPrefix = check('row.schoolYearTitle', formats.hasSchoolYear)
const known = (code: IssueCodeName, codes: ReadonlySet<string>) => everyItem(code, (value) => codes.has(value))

/** The lists of a deployment: those given, where any are. */
export function codeLists(grades: readonly string[], subjects: readonly string[]): CodeLists {
  return {
    grades: grades.length ? new Set(grades) : knownCodes.grades,
    subjects: subjects.length ? new Set(subjects) : knownCodes.subjects,
  }
}

type CellChecks = Partial<Record<EntityName, Readonly<Record<string, readonly CellCheck[]>>>>

/** The checks of cells by entity and column; which profiles they hold under is said with their codes (issueCodes.ts). */
export function japanCellChecks({ grades, subjects }: CodeLists): CellChecks {
  const gradeCodes = known('row.gradeCode', grades)
  const subjectCodes = known('row.subjectCode', subjects)
  return {
    org: { name: words, type: [oneOf('row.unusualToken', 'district', 'school')] },
    academicSession: {
      title: [yearTitle],
      type: [oneOf('row.profileToken', 'schoolYear')],
      startDate: [check('row.schoolYearDay', (value) => value.endsWith('-04-01'), { expected: '04-01' })],
      endDate: [check('row.schoolYearDay', (value) => value.endsWith('-03-31'), { expected: '03-31' })],
    },
    course: { title: [yearPrefix, ...words], grades: [gradeCodes], subjectCodes: [subjectCodes] },
    class: {
      title: words,
      location: words,
      classType: [oneOf('row.profileToken', 'homeroom', 'scheduled')],
      grades: [gradeCodes],
      subjectCodes: [subjectCodes],
    },
    user: {
      ...userNames,
      enabledUser: [oneOf('row.unusualToken', 'true')],
      grades: [gradeCodes],
      userMasterIdentifier: [check('row.uuidVersion4', formats.isUuidVersion4)],
    },
    role: { role: [oneOf('row.unusualToken', ...userRoles)] },
    userProfile: { description: words },
    demographics: { sex: [oneOf('row.profileToken', 'male', 'female', 'unspecified', 'other')] },
  }
}

const userNames = Object.fromEntries([
  ...['givenName', 'familyName', 'middleName', 'preferredGivenName', 'preferredMiddleName', 'preferredFamilyName'].map(
    (column) => [column, words],
  ),
  ...['Given', 'Family', 'Middle', 'PreferredGiven', 'PreferredFamily', 'PreferredMiddle'].map((name) => [
    `metadata.jp.kana${name}Name`,
    [fullWidth, katakana],
  ]),
]) as Record<string, readonly CellCheck[]>

/** parent and relative are folded into guardian; aide and counselor are not used (section 5.5). */
const userRoles = [
  ...['student', 'teacher', 'guardian', 'principal', 'districtAdministrator', 'siteAdministrator'],
  ...['systemAdministrator', 'proctor'],
]

/** Cells that the Japan profiles want filled where the base standard leaves them free (sections 4, 5.1, 5.4 and 5.8). */
export const japanRequired: Partial<Record<EntityName, readonly string[]>> = {
  user: [
    'userMasterIdentifier',
    'preferredGivenName',
    'preferredFamilyName',
    'metadata.jp.kanaGivenName',
    'metadata.jp.kanaFamilyName',
  ],
  enrollment: ['primary'],
}

/**
 * What a cell that must be filled says where nothing is held, as after a single write in JSON, which leaves it free: who is not said to be
 * primary is not.
 */
export const japanFilled: Partial<Record<EntityName, Readonly<Record<string, string>>>> = {
  enrollment: { primary: 'false' },
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

/** Extension columns that refer to records, by the entity they refer to. */
export const japanMetadataReferences: Partial<Record<EntityName, Readonly<Record<string, EntityName>>>> = {
  user: { 'metadata.jp.homeClass': 'class' },
}

/** Guardians stand in enrollments of some senders (section 5.8); held as `ext:guardian`, which the base list allows. */
export const japanExtraTokens: Partial<Record<EntityName, Readonly<Record<string, readonly string[]>>>> = {
  enrollment: { role: ['guardian'] },
}

/** sourcedId and all references are UUIDs (section 4). */
export const japanIdentifier: CellCheck = check(
  'row.uuid',
  (value) => formats.isUuid(value) || (value.includes(',') && value.split(',').every(formats.isUuid)),
)
