import { object, string, ValidationError, type ObjectSchema, type StringSchema } from 'yup'
import type { ProfileId } from './csv'
import { severityOf, type IssueCodeName, type IssueParameters, type Severity } from './issueCodes'
import type { CellRule, RowRule } from './rowRules'

/** One thing wrong with one row. `parameters` never hold a value of the row. */
export interface Finding {
  readonly code: IssueCodeName
  readonly column: string
  readonly severity: Severity
  readonly parameters: IssueParameters
}

/**
 * The row as a yup schema: the authority on what is wrong and what is said about it. A row comes as an object of CSV texts by column.
 * Too slow for a million good rows (performance: 60,000 rows a second), so `validate.ts` asks it about rows that are not clean only.
 */
export function rowSchema(cells: readonly CellRule[], rows: readonly RowRule[]): ObjectSchema<Record<string, unknown>> {
  const shape = Object.fromEntries(cells.map((rule) => [rule.column, cellSchema(rule)]))
  return rows.reduce<ObjectSchema<Record<string, unknown>>>(
    (schema, rule) =>
      schema.test({
        name: rule.code,
        message: rule.code,
        params: { column: rule.column, ...rule.parameters },
        test: (row) => rule.test(...rule.columns.map((column) => String(row[column] ?? ''))),
      }),
    object(shape) as ObjectSchema<Record<string, unknown>>,
  )
}

/** All that the schema finds in a row; empty when it is clean. */
export function findings(
  schema: ObjectSchema<Record<string, unknown>>,
  row: Record<string, string>,
  profile?: ProfileId,
): Finding[] {
  try {
    schema.validateSync(row, { abortEarly: false, disableStackTrace: true, strict: true })
    return []
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    return (error.inner.length ? error.inner : [error]).map((one) => toFinding(one, profile))
  }
}

function toFinding(error: ValidationError, profile?: ProfileId): Finding {
  const code = error.message as IssueCodeName
  const { expected, column } = error.params as { expected?: string; column: string }
  return { code, column, severity: severityOf(code, profile) as Severity, parameters: expected ? { expected } : {} }
}

function cellSchema(rule: CellRule): StringSchema<string | undefined> {
  let schema: StringSchema<string | undefined> = string()
  const add = (code: IssueCodeName, holds: (value: string) => boolean, parameters?: IssueParameters) => {
    schema = schema.test({
      name: code,
      message: code,
      params: { column: rule.column, ...parameters },
      test: (value) => holds(value ?? ''),
    })
  }
  const isEmpty = (value: string) => value === '' || (rule.nullWord && value === 'NULL')
  if (rule.whenEmpty) add(rule.whenEmpty, (value) => !isEmpty(value))
  if (rule.whenFilled) {
    add(rule.whenFilled, isEmpty)
    return schema
  }
  add('row.controlCharacter', (value) => !/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(value))
  add('row.lineBreak', (value) => !/[\r\n]/.test(value))
  const [code, pattern, parameters] = format(rule)
  const fits = (value: string) => isEmpty(value) || /[\0-\x08\x0a-\x1f]/.test(value) || pattern(value)
  add(code, fits, parameters)
  if (rule.kind === 'boolean' && rule.anyCase)
    add('row.booleanCase', (value) => !pattern(value) || value === value.toLowerCase())
  for (const check of rule.checks) {
    // A cell of the wrong format is reported once, for its format.
    add(check.code, (value) => isEmpty(value) || !fits(value) || check.test(fold(rule, value)), check.parameters)
  }
  return schema
}

function fold(rule: CellRule, value: string): string {
  return rule.kind === 'boolean' ? value.toLowerCase() : value
}

/** Code, test and parameters of the cell's format. Written apart from the fast checks in formats.ts on purpose: a test holds both equal. */
function format(rule: CellRule): [IssueCodeName, (value: string) => boolean, IssueParameters?] {
  const guid = /^[0-9A-Za-z./@_-]{1,255}$/
  switch (rule.kind) {
    case 'guid':
      return ['row.guid', (value) => guid.test(value)]
    case 'guids':
      return ['row.guid', (value) => value.split(',').every((item) => guid.test(item))]
    case 'token': {
      const expected = [...rule.tokens, ...(rule.extensible ? ['ext:…'] : [])].join(', ')
      const extension = /^ext:[a-zA-Z0-9.\-_]+$/
      return [
        'row.token',
        (value) => rule.tokens.includes(value) || (rule.extensible && extension.test(value)),
        { expected },
      ]
    }
    case 'boolean':
      return ['row.boolean', (value) => (rule.anyCase ? /^(true|false)$/i : /^(true|false)$/).test(value)]
    case 'date':
      return ['row.date', (value) => /^\d{4}-\d\d-\d\d$/.test(value) && isCalendarDay(value)]
    case 'dateTime':
      return [
        'row.dateTime',
        (value) =>
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value) &&
          !/T24/.test(value) &&
          isCalendarDay(value.slice(0, 10)) &&
          !Number.isNaN(Date.parse(value)),
      ]
    case 'year':
      return ['row.year', (value) => /^[1-9]\d{3}$/.test(value)]
    case 'integer':
      return ['row.integer', (value) => /^-?\d{1,9}$/.test(value)]
    case 'userIds':
      return [
        'row.userIds',
        (value) => value.split(/(?<=\}),(?=\{)/).every((pair) => /^\{[^{}:,]+:([^{}]*[^{},])\}$/.test(pair)),
      ]
    default:
      return ['row.controlCharacter', () => true]
  }
}

/** Days that do not exist, such as 30 February, come back from Date as another day. */
function isCalendarDay(value: string): boolean {
  if (value.startsWith('0000')) return false
  const day = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value)
}
