import { definedColumns, type Profile } from './csv'
import * as formats from './formats'
import { japanIdentifier, type CodeLists } from './japanRules'
import type { Entity } from './model'
import { cellRules, rowRulesOf, type CellKind, type CellRule, type RowMode } from './rowRules'
import { findings, rowSchema, type Finding } from './rowSchema'
import { extensionToken } from './vocabulary'

export type { Finding } from './rowSchema'
export type { RowMode } from './rowRules'

export interface RowCheckOptions {
  readonly mode: RowMode
  readonly profile?: Profile
  /** The columns of the file, in order; default: those the standard defines. */
  readonly header?: readonly string[]
  /** Grade and subject codes that are known here; default: those of the profile documents. */
  readonly codes?: CodeLists
}

/** Answers undefined for a clean row, else everything that is wrong or odd about it. */
export type RowCheck = (cells: readonly string[]) => Finding[] | undefined

/**
 * A check for rows of CSV texts in header order. Clean rows cost a few comparisons and no allocation; only the others go to yup for what to
 * say (rowSchema.ts), which also has the last word: a row it finds nothing in is clean.
 */
export function compileRowCheck(entity: Entity, options: RowCheckOptions): RowCheck {
  const header = options.header ?? definedColumns(entity)
  const cells = cellRules(entity, options.mode, options.profile, header, options.codes)
  const rows = rowRulesOf(entity, header, options.profile)
  // Made for the first row that is not clean: most files have none.
  let schema: ReturnType<typeof rowSchema> | undefined
  const isClean = compileClean(cells, rows, header)
  return (row) => {
    if (isClean(row)) return undefined
    const texts = Object.fromEntries(header.map((column, index) => [column, row[index] ?? '']))
    const found = findings((schema ??= rowSchema(cells, rows)), texts, options.profile?.id)
    return found.length ? found : undefined
  }
}

/**
 * The same rules for the input of a mutation, turned into CSV text by column first (lists joined by commas, booleans as true/false,
 * userIds as {type:id}). Columns left out count as empty; status and dateLastModified may be.
 */
export function checkInput(entity: Entity, cells: Readonly<Record<string, string | undefined>>): Finding[] {
  const check = inputChecks.get(entity) ?? compileRowCheck(entity, { mode: 'input' })
  inputChecks.set(entity, check)
  return check(definedColumns(entity).map((column) => cells[column] ?? '')) ?? []
}
const inputChecks = new Map<Entity, RowCheck>()

/** Whether the fast checks alone call the row clean: what the property test compares with yup. */
export function compileClean(
  cells: readonly CellRule[],
  rows: ReturnType<typeof rowRulesOf>,
  header: readonly string[],
): (row: readonly string[]) => boolean {
  const cellTests = cells.map(cleanCell)
  const rowTests = rows.map((rule) => {
    const at = rule.columns.map((column) => header.indexOf(column))
    const [first, second] = at as [number, number]
    return (row: readonly string[]) => rule.test(row[first] ?? '', row[second] ?? '')
  })
  return (row) => {
    for (let index = 0; index < cellTests.length; index++) if (!cellTests[index]!(row[index] ?? '')) return false
    for (let index = 0; index < rowTests.length; index++) if (!rowTests[index]!(row)) return false
    return true
  }
}

function cleanCell(rule: CellRule): (value: string) => boolean {
  const { whenEmpty, whenFilled, nullWord, checks } = rule
  if (whenFilled) return nullWord ? (value) => value === '' || value === 'NULL' : (value) => value === ''
  const isFine = cleanValue(rule)
  // The one check of most cells of a Japanese package: a UUID is a GUID, so one look at it is enough.
  if (checks.length === 1 && checks[0] === japanIdentifier) {
    return (value) =>
      formats.isUuid(value) ||
      (value === '' || (nullWord && value === 'NULL')
        ? whenEmpty === undefined
        : isFine(value) && japanIdentifier.test(value))
  }
  return (value) => {
    if (value === '' || (nullWord && value === 'NULL')) return whenEmpty === undefined
    if (!isFine(value)) return false
    for (let index = 0; index < checks.length; index++) if (!checks[index]!.test(value)) return false
    return true
  }
}

function cleanValue(rule: CellRule): (value: string) => boolean {
  if (rule.kind !== 'token') return cleanKinds[rule.kind]
  const tokens = new Set(rule.tokens)
  return rule.extensible ? (value) => tokens.has(value) || extensionToken.test(value) : (value) => tokens.has(value)
}

/** Without control characters, tabs apart. A loop: a regular expression takes several times as long on texts as short as cells. */
function isText(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code < 32 && code !== 9) return false
  }
  return true
}

const cleanKinds: Record<Exclude<CellKind, 'token'>, (value: string) => boolean> = {
  text: isText,
  ignored: isText,
  guid: formats.isGuid,
  guids: formats.isGuidList,
  boolean: (value) => value === 'true' || value === 'false',
  date: formats.isDate,
  dateTime: formats.isDateTime,
  year: formats.isYear,
  integer: formats.isInteger,
  userIds: (value) => formats.isUserIds(value) && isText(value),
}
