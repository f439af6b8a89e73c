import { definedColumns } from '../../../oneroster/csv'
import * as older from '../../../oneroster/csv11'
import type { Field } from '../../../oneroster/fields'
import { isDate } from '../../../oneroster/formats'
import type { IssueCodeName } from '../../../oneroster/issueCodes'
import { entities, type Entity } from '../../../oneroster/model'
import type { Issues } from './issues'
import type { OlderColumns } from './olderHeaders'
import type { HeadedFile } from './readHeaders'

/** How rows of a file of OneRoster 1.1 or 1.0 become rows of 1.2, one at a time. */
export interface OlderRows {
  readonly id: older.OlderId
  /** The rows are roles, made of users.csv. */
  readonly derived: boolean
  /** Columns of 1.2 that the file does not have and that are made up. */
  readonly supplied: readonly string[]
  /** The column of the file that a column of 1.2 was made of: issues speak of the file. */
  nameInFile(column: string): string
  /** Rows in the order of the 1.2 header. `good` is false when the fault was told already; such a row may have no key. */
  convert(line: number, cells: readonly string[]): readonly ConvertedRow[]
}
export interface ConvertedRow {
  readonly cells: readonly string[]
  readonly good: boolean
}

/** A column of 1.2 out of the cells of an older row; undefined: the row is left out. */
type CellConverter = (line: number, cells: readonly string[]) => string | undefined

/** Says something about a cell that was understood, but should be written otherwise. */
type Warn = (code: IssueCodeName, line: number, column: string) => void

/**
 * The file as one of 1.2: its header, and what makes its rows. What cannot be understood is left as it is, so that the checks of 1.2 rows
 * say what is wrong with it; what can be, is told as a warning.
 */
export function convertRows(file: HeadedFile, columns: OlderColumns, id: older.OlderId, issues: Issues): HeadedFile {
  const { name, entity } = file
  const extensions = [...columns.at.keys()].filter((column) => column.startsWith('metadata.'))
  const roleNote = entity === entities.user ? [`metadata.${older.olderRoleKey}`] : []
  const header = [...new Set([...definedColumns(entity), ...extensions, ...roleNote])]
  const warn: Warn = (code, line, column) => issues.add(code, { file: name, line, column: columns.nameInFile(column) })
  const converters = header.map((column) => cellConverter(file, column, columns, id, warn))
  return {
    ...file,
    header,
    older: {
      id,
      derived: false,
      supplied: (older.suppliedColumns[entity.name] ?? []).filter((column) => !columns.at.has(column)),
      nameInFile: columns.nameInFile,
      convert(line, cells) {
        if (cells.length !== columns.count) {
          const sizes = { found: cells.length, expected: columns.count }
          const fits = hasEnough(cells, columns)
          issues.add(fits ? 'row.surplusCells' : 'row.columnCount', { file: name, line }, sizes)
          // The key comes first in every header of 1.2.
          if (!fits) return [{ cells: [cells[columns.at.get('sourcedId') ?? -1] ?? ''], good: false }]
        }
        const converted: string[] = []
        for (const convert of converters) {
          const cell = convert(line, cells)
          if (cell === undefined) return []
          converted.push(cell)
        }
        return [{ cells: converted, good: true }]
      },
    },
  }
}

/** Whether every column has its cell. Empty cells too many at the end do no harm: commas of a template that has more columns. */
export function hasEnough(cells: readonly string[], { count }: OlderColumns): boolean {
  return cells.length >= count && cells.slice(count).every((cell) => cell === '')
}

function cellConverter(
  { entity, mode }: HeadedFile,
  column: string,
  columns: OlderColumns,
  id: older.OlderId,
  warn: Warn,
): CellConverter {
  const at = columns.at.get(column) ?? -1
  const read = (cells: readonly string[]) => cells[at] ?? ''
  if (column === 'status') return statusConverter(mode, id, read, warn)
  if (column === 'dateLastModified') return stampConverter(mode, id, read, warn)
  if (column === `metadata.${older.olderRoleKey}`) return changedRole(columns)
  if (at < 0) return suppliedConverter(entity, column, columns)
  const change = changeOf(entity, column, id)
  if (!change) return (_line, cells) => read(cells)
  return (line, cells) => {
    const value = read(cells)
    const changed = value === '' ? value : change.to(value)
    if (changed !== value && change.code) warn(change.code, line, column)
    return changed
  }
}

/** A bulk row has no status (CSV Binding 1.2 section 5), but older senders fill it in. Only 1.0 says in it that a record is gone. */
function statusConverter(
  mode: string,
  id: older.OlderId,
  read: (cells: readonly string[]) => string,
  warn: Warn,
): CellConverter {
  return (line, cells) => {
    const value = read(cells)
    const status = older.olderStatus[value] ?? value
    if (mode === 'bulk') {
      if (id === 'or-1.0' && status === 'tobedeleted') return undefined
      if (value !== 'active') return value
      warn('row.statusInBulk', line, 'status')
      return ''
    }
    if (status !== value) warn('row.olderWord', line, 'status')
    return status === '' && id === 'or-1.0' ? 'active' : status
  }
}

/** The time is looked at and not held: a record's stamp is ours. 1.0 has none, and older senders write it in their own way. */
function stampConverter(
  mode: string,
  id: older.OlderId,
  read: (cells: readonly string[]) => string,
  warn: Warn,
): CellConverter {
  return (line, cells) => {
    const value = read(cells)
    if (mode === 'bulk') {
      if (value) warn('row.statusInBulk', line, 'dateLastModified')
      return ''
    }
    const [, day, time = '00:00:00'] = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?$/.exec(value) ?? []
    if (day) {
      warn('row.olderDateTime', line, 'dateLastModified')
      return `${day}T${time}Z`
    }
    return value === '' && id === 'or-1.0' ? '1970-01-01T00:00:00Z' : value
  }
}

/** Tells of the role of 1.1 where 1.2 calls it otherwise. */
function changedRole({ at }: OlderColumns): CellConverter {
  return (_line, cells) => {
    const role = cells[at.get('role') ?? -1] ?? ''
    return (older.userRoles11[role] ?? role) === role ? '' : role
  }
}

/** What stands in a column that the file does not have. The school year of a session is settled once all sessions are known. */
function suppliedConverter(entity: Entity, column: string, { at }: OlderColumns): CellConverter {
  if (entity === entities.user && column === 'enabledUser') return () => 'true'
  if (entity !== entities.academicSession || column !== 'schoolYear') return () => ''
  const endDate = at.get('endDate') ?? -1
  return (_line, cells) => (isDate(cells[endDate] ?? '') ? cells[endDate]!.slice(0, 4) : '')
}

interface Change {
  readonly to: (value: string) => string
  readonly code?: IssueCodeName
}

function changeOf(entity: Entity, column: string, id: older.OlderId): Change | undefined {
  const field: Field | undefined = entity.fields.find((candidate) => candidate.csv === column)
  if (field?.type === 'boolean') {
    return { to: (value) => older.booleanWords[value.toLowerCase()] ?? value, code: 'row.olderBoolean' }
  }
  if (field?.type === 'userIdList') return { to: bracedIds, code: 'row.olderUserIds' }
  if (older.caselessTokens[entity.name]?.includes(column))
    return { to: (value) => value.toLowerCase(), code: 'row.olderWord' }
  if (entity === entities.enrollment && column === 'role') {
    return { to: (value) => older.enrollmentRoles11[value] ?? value }
  }
  if (entity === entities.org && column === 'type' && id === 'or-1.0') {
    return { to: (value) => older.orgTypes10[value] ?? value }
  }
  return undefined
}

/** Identifiers without braces are of no type; several are separated by commas as everywhere. */
function bracedIds(value: string): string {
  if (/[{}:]/.test(value)) return value
  return value
    .split(',')
    .map((id) => `{id:${id.trim()}}`)
    .join(',')
}
