import { definedColumns, resourceSourcedIds, type Profile } from './csv'
import * as formats from './formats'
import { severityOf, type IssueCodeName, type IssueParameters } from './issueCodes'
import * as japan from './japanRules'
import { knownCodes, type CellCheck, type CodeLists } from './japanRules'
import type { Entity, EntityName } from './model'
import { vocabularies } from './vocabulary'

/**
 * The rules of one row as data: what each column must be (CSV Binding 1.2 sections 3, 5 and 9, and the profile), and how cells of the same
 * row must fit together (section 6). `rowSchema.ts` describes them in yup, `validate.ts` runs them.
 */
export type RowMode = 'bulk' | 'delta' | 'input'

export type CellKind =
  'text' | 'guid' | 'guids' | 'token' | 'boolean' | 'date' | 'dateTime' | 'year' | 'integer' | 'userIds' | 'ignored'

export interface CellRule {
  readonly column: string
  readonly kind: CellKind
  /** What is said of a cell that is empty though it must not be, or filled though it must not be; undefined: either is fine. */
  readonly whenEmpty?: IssueCodeName
  readonly whenFilled?: IssueCodeName
  /** In references the literal NULL means none (Japan profile section 5.2). */
  readonly nullWord: boolean
  readonly tokens: readonly string[]
  readonly extensible: boolean
  /** Booleans in any case, with a warning (Japan profile section 5.4). */
  readonly anyCase: boolean
  readonly checks: readonly CellCheck[]
}

/** The rules of each column of `header`, in its order. */
export function cellRules(
  entity: Entity,
  mode: RowMode,
  profile?: Profile,
  header: readonly string[] = definedColumns(entity),
  codes: CodeLists = knownCodes,
): CellRule[] {
  const checks = profile?.japanese ? japan.japanCellChecks(codes)[entity.name] : undefined
  return header.map((column) => {
    const rule = cellRule(entity, column, mode, profile?.japanese ?? false)
    const isIdentifier = rule.kind === 'guid' || rule.kind === 'guids'
    const isIndexed = indexedTexts[entity.name]?.includes(column)
    const all = [
      ...(isIdentifier ? [japan.japanIdentifier] : []),
      ...(isIndexed ? [indexable] : []),
      ...(checks?.[column] ?? []),
    ]
    return { ...rule, checks: all.filter((check) => severityOf(check.code, profile?.id) !== 'off') }
  })
}

/** Texts of any length by which records are found. An index of PostgreSQL takes 2,704 bytes of a row, and a character up to three. */
const indexedTexts: Partial<Record<EntityName, readonly string[]>> = {
  user: ['username', 'identifier', 'email'],
  role: ['role'],
}
const longestIndexed = 800
const indexable: CellCheck = {
  code: 'row.cellTooLong',
  parameters: { expected: longestIndexed },
  test: (value) => value.length <= longestIndexed,
}

function cellRule(entity: Entity, column: string, mode: RowMode, japanese: boolean): Omit<CellRule, 'checks'> {
  const field = entity.fields.find((candidate) => candidate.csv === column)
  const vocabulary = field?.values ? vocabularies[field.values] : undefined
  const kind = kindOf(entity, column, japanese)
  return {
    column,
    kind,
    ...need(entity, column, mode, japanese),
    nullWord: (kind === 'guid' || kind === 'guids') && column !== 'sourcedId',
    tokens: [...(vocabulary?.tokens ?? []), ...((japanese && japan.japanExtraTokens[entity.name]?.[column]) || [])],
    extensible: vocabulary?.open ?? false,
    anyCase: japanese,
  }
}

const kinds: Record<string, CellKind> = {
  guid: 'guid',
  guidRef: 'guid',
  profileRef: 'guid',
  guidRefs: 'guids',
  enum: 'token',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'dateTime',
  year: 'year',
  userIdList: 'userIds',
}

/** Extension columns mean something under the profiles that define them; elsewhere they are the sender's (CSV Binding 1.2 section 2). */
function kindOf(entity: Entity, column: string, japanese: boolean): CellKind {
  if (column === resourceSourcedIds) return 'ignored'
  const field = entity.fields.find((candidate) => candidate.csv === column)
  const extension = japanese ? japan.japanMetadataKinds[column] : undefined
  return (field ? kinds[field.type] : extension) ?? 'text'
}

function need(
  entity: Entity,
  column: string,
  mode: RowMode,
  japanese: boolean,
): Pick<CellRule, 'whenEmpty' | 'whenFilled'> {
  const required = entity.fields.find((candidate) => candidate.csv === column)?.csvRequired
  if (required === 'delta') {
    if (mode === 'bulk') return { whenFilled: 'row.notInBulk' }
    return mode === 'delta' ? { whenEmpty: 'row.requiredInDelta' } : {}
  }
  if (required) return { whenEmpty: 'row.required' }
  if (column === resourceSourcedIds) return { whenFilled: 'row.resourcesNotTaken' }
  if (!japanese) return {}
  if (japan.japanRequired[entity.name]?.includes(column)) return { whenEmpty: 'row.required' }
  return japan.japanEmpty[entity.name]?.includes(column) ? { whenFilled: 'row.mustBeEmpty' } : {}
}

/** A rule over several cells of one row. It sees the cells in the order of `columns`, and holds where any of them is missing. */
export interface RowRule {
  readonly code: IssueCodeName
  readonly entity: EntityName
  readonly columns: readonly string[]
  /** The column the issue points at. */
  readonly column: string
  readonly parameters?: IssueParameters
  readonly test: (...cells: string[]) => boolean
}

const notBefore = (entity: EntityName, first: string, last: string): RowRule => ({
  code: 'row.dateOrder',
  entity,
  columns: [first, last],
  column: last,
  parameters: { expected: first },
  // ISO days compare as text; what is no day is reported as such.
  test: (from, to) => !from || !to || to >= from || !formats.isDate(from) || !formats.isDate(to),
})
const pairs = (entity: EntityName): RowRule => ({
  code: 'row.subjectPairs',
  entity,
  columns: ['subjects', 'subjectCodes'],
  column: 'subjectCodes',
  test: (subjects, codes) => !subjects || !codes || subjects.split(',').length === codes.split(',').length,
})
const identifier = (code: IssueCodeName, type: string, test: (value: string) => boolean): RowRule => ({
  code,
  entity: 'org',
  columns: ['type', 'identifier'],
  column: 'identifier',
  test: (actual, value) => actual !== type || !value || test(value),
})
const yearOf = (day: string) => Number(day.slice(0, 4))
const leadingRoles = ['principal', 'siteAdministrator', 'districtAdministrator']

export const rowRules: readonly RowRule[] = [
  notBefore('academicSession', 'startDate', 'endDate'),
  notBefore('role', 'beginDate', 'endDate'),
  notBefore('enrollment', 'beginDate', 'endDate'),
  {
    code: 'row.schoolYearDay',
    entity: 'academicSession',
    columns: ['startDate', 'endDate'],
    column: 'endDate',
    parameters: { expected: '03-31' },
    // Only where the last day itself is one: any other is told by the cell's own check.
    test: (first, last) =>
      !formats.isDate(first!) ||
      !last!.endsWith('-03-31') ||
      !formats.isDate(last!) ||
      yearOf(last!) === yearOf(first!) + 1,
  },
  {
    code: 'row.schoolYear',
    entity: 'academicSession',
    columns: ['startDate', 'schoolYear'],
    column: 'schoolYear',
    test: (first, year) => !first!.endsWith('-04-01') || !formats.isYear(year!) || first!.startsWith(year!),
  },
  pairs('course'),
  pairs('class'),
  identifier('row.schoolCode', 'school', formats.isSchoolCode),
  identifier(
    'row.schoolCodeCheckDigit',
    'school',
    (value) => !formats.isSchoolCode(value) || formats.hasSchoolCodeCheckDigit(value),
  ),
  identifier('row.boardCode', 'district', formats.isBoardCode),
  {
    code: 'row.districtParent',
    entity: 'org',
    columns: ['type', 'parentSourcedId'],
    column: 'parentSourcedId',
    test: (type, parent) => type !== 'district' || !parent || parent === 'NULL',
  },
  {
    code: 'row.primaryRole',
    entity: 'role',
    columns: ['roleType', 'role'],
    column: 'roleType',
    test: (roleType, role) => roleType !== 'primary' || !leadingRoles.includes(role!),
  },
  {
    code: 'row.studentPrimary',
    entity: 'enrollment',
    columns: ['role', 'primary'],
    column: 'primary',
    test: (role, primary) => role !== 'student' || primary!.toLowerCase() !== 'true',
  },
]

/** The rules over several cells that concern this entity under this profile and whose columns the header has. */
export function rowRulesOf(entity: Entity, header: readonly string[], profile?: Profile): RowRule[] {
  return rowRules.filter(
    (rule) =>
      rule.entity === entity.name &&
      severityOf(rule.code, profile?.id) !== 'off' &&
      rule.columns.every((column) => header.includes(column)),
  )
}
