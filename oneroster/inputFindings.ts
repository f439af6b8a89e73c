import { propertyOf, type Field } from './fields'
import { parseUserIds } from './formats'
import { issueCodes, type IssueCodeName } from './issueCodes'
import { entities, type Entity } from './model'
import { profileSourcedId } from './profileId'
import { isCutOff, isStorableJson } from './storableJson'
import { checkInput, type Finding } from './validate'

/** The input of a mutation, or a row: values by the model's property names. */
export type Input = Readonly<Record<string, unknown>>

/** Why a record is refused: one sentence, and what an import would report of it. Neither holds a value. */
export interface InputRefusal {
  readonly message: string
  readonly issues: readonly Finding[]
}

/** Holds a record, with the roles and profiles nested in it, to the rules for CSV rows; undefined when it keeps them. */
export function inputRefusal(entity: Entity, record: Input): InputRefusal | undefined {
  return refusal(entity, [...findingsOf(entity, record), ...nestedFindings(entity, record)])
}

/** The same for roles and profiles alone: they are given whole even where only some members of their user are. */
export function nestedRefusal(entity: Entity, record: Input): InputRefusal | undefined {
  return refusal(entity, nestedFindings(entity, record))
}

/** Roles and profiles given with a user. */
export function nestedRecords(entity: Entity, record: Input): [Entity, Input][] {
  if (entity.name !== 'user') return []
  const list = (property: string) => (record[property] ?? []) as Input[]
  return [
    ...list('roles').map((part): [Entity, Input] => [entities.role, withGuid(part, 'userProfileSourcedId')]),
    ...list('userProfiles').map((part): [Entity, Input] => [entities.userProfile, withGuid(part, 'sourcedId')]),
  ]
}

function refusal(entity: Entity, findings: readonly Finding[]): InputRefusal | undefined {
  const issues = findings.filter(({ severity }) => severity === 'error')
  if (issues.length === 0) return undefined
  const columns = [...new Set(issues.map(({ column }) => column))].join(', ')
  return { message: `The ${entity.name} does not follow the standard in: ${columns}`, issues }
}

function nestedFindings(entity: Entity, record: Input): Finding[] {
  return nestedRecords(entity, record).flatMap(([nested, part]) =>
    findingsOf(nested, { sourcedId: 'new', ...part, userSourcedId: record['sourcedId'] }),
  )
}

/** A profile may be named by the URI that JSON shows or by the GUID behind it. */
function withGuid(part: Input, property: string): Input {
  const profile = part[property]
  return typeof profile === 'string' ? { ...part, [property]: profileSourcedId(profile) } : part
}

function findingsOf(entity: Entity, record: Input): Finding[] {
  const cells: Record<string, string | undefined> = {}
  const extra: Finding[] = []
  for (const field of entity.fields) {
    const value = record[propertyOf(field)]
    if (field.type === 'metadata') extra.push(...metadataFindings(value))
    else if (field.csv) cells[field.csv] = cellText(field, value, extra)
  }
  // The hub sets these two itself.
  delete cells['status']
  delete cells['dateLastModified']
  return [...extra, ...checkInput(entity, cells)]
}

/** The value as the CSV cell that would carry it. */
function cellText(field: Field, value: unknown, extra: Finding[]): string {
  if (value === undefined || value === null) return ''
  if (field.type === 'userIdList') {
    const cells = (value as UserId[]).map((id) => `{${id.type}:${id.identifier}}`)
    if (!cells.every((cell, at) => readsAs(cell, (value as UserId[])[at]!)))
      extra.push(wrong('row.userIds', field.csv!))
    return textOf(cells.join(','), field, extra)
  }
  if (Array.isArray(value)) {
    // In CSV a comma would part the item in two (CSV Binding 1.2 section 3).
    if (value.some((item) => String(item).includes(','))) extra.push(wrong('row.listItem', field.csv!))
    return textOf(value.join(','), field, extra)
  }
  return textOf(String(value), field, extra)
}

interface UserId {
  readonly type: string
  readonly identifier: string
}

/** Whether a cell says what it was made of: `{a:b:c}` names the type a, whatever the type was. */
function readsAs(cell: string, { type, identifier }: UserId): boolean {
  const [read, ...more] = parseUserIds(cell)
  return !more.length && read?.type === type && read.identifier === identifier
}

function textOf(text: string, field: Field, extra: Finding[]): string {
  if (isCutOff(text)) extra.push(wrong('row.controlCharacter', field.csv!))
  return text
}

function metadataFindings(value: unknown): Finding[] {
  if (value === undefined || value === null) return []
  const isObject = typeof value === 'object' && !Array.isArray(value)
  return isObject && isStorableJson(value) ? [] : [wrong('row.metadata', 'metadata')]
}

function wrong(code: IssueCodeName, column: string): Finding {
  return { code, column, severity: issueCodes[code].severity, parameters: {} }
}
