import { canonicalColumn, definedColumns, profiles, type Profile } from '../../../oneroster/csv'
import { firstNewColumn, renamedColumns, roleColumns, suppliedColumns, type OlderId } from '../../../oneroster/csv11'
import { entities, type Entity } from '../../../oneroster/model'
import { convertUserRoles } from './convertUserRoles'
import { convertRows } from './convertRows'
import type { Issues } from './issues'
import { PackageRefused } from './job'
import type { HeadedFile } from './readHeaders'

/** Where the columns of 1.2 are in an older file, and what the file calls them. */
export interface OlderColumns {
  readonly at: ReadonlyMap<string, number>
  readonly count: number
  nameInFile(column: string): string
}

/** Whether a header of users.csv is of OneRoster 1.1 or 1.0, where roles are columns of it; undefined when it cannot be told. */
export function isOlderUsers(header: readonly string[]): boolean | undefined {
  const found = roleColumns.filter((column) => header.includes(column))
  if (found.length === roleColumns.length) return true
  if (header.includes(firstNewColumn)) return false
  return found.length ? true : undefined
}

/**
 * Step 3 of a package of OneRoster 1.1 or 1.0: its columns by their names, in any order, older names included, each file with what makes
 * rows of 1.2 of its rows. users.csv appears twice: as users and as the roles that it implies. Throws PackageRefused when a column is missing.
 */
export function readOlderHeaders(
  issues: Issues,
  files: readonly HeadedFile[],
  id: OlderId,
): { files: HeadedFile[]; profile: Profile } {
  const converted = files.flatMap((file) => {
    const columns = findColumns(issues, file)
    const itself = convertRows(file, columns, id, issues)
    return file.entity === entities.user ? [itself, convertUserRoles(file, columns, id, issues)] : [itself]
  })
  if (issues.errors) throw new PackageRefused()
  return { files: converted, profile: profiles['base-1.2.1'] }
}

/** Whether a row has two of the names that columns of this entity have in any version, in whatever case; one, as schoolYear, may be a value. */
export function isHeaderOf(entity: Entity, cells: readonly string[]): boolean {
  const known = [
    ...definedColumns(entity, true),
    ...olderColumns(entity),
    ...Object.keys(renamedColumns[entity.name] ?? {}),
  ]
  const names = new Set(known.map((column) => column.toLowerCase()))
  const found = cells.filter((cell) => names.has(cell.trim().toLowerCase()) || cell.startsWith('metadata.'))
  return found.length > 1
}

/** Columns that a file of this entity may have, by their names of 1.1. */
export function olderColumns(entity: Entity): string[] {
  return [...definedColumns(entity), ...(entity === entities.user ? roleColumns : [])]
}

function findColumns(issues: Issues, { name, entity, header, headerLine }: HeadedFile): OlderColumns {
  const place = { file: name, line: headerLine }
  const at = new Map<string, number>()
  const names = new Set<string>()
  header.forEach((column, index) => {
    const target = meant(entity, column)
    const position = index + 1
    // PostgreSQL's JSON takes no NUL, and nobody means the others.
    if (/\p{Cc}/u.test(target)) return issues.add('header.unknownColumn', place, { position })
    if (names.has(canonicalColumn(target))) return issues.add('header.duplicateColumn', place, { position })
    names.add(canonicalColumn(target))
    at.set(target, index)
    if (target === column) return
    if (target.startsWith('metadata.')) issues.add('header.keptColumn', place, { position })
    else issues.add('header.renamedColumn', { ...place, column: target }, { position, expected: target })
  })
  const supplied = suppliedColumns[entity.name] ?? []
  const required = entity.fields.flatMap(({ csv, csvRequired }) => (csv && csvRequired === true ? [csv] : []))
  for (const column of [...required, ...(entity === entities.user ? roleColumns : [])]) {
    if (!at.has(column) && !supplied.includes(column))
      issues.add('header.column', { ...place, column }, { expected: column })
  }
  return { at, count: header.length, nameInFile: (column) => header[at.get(column) ?? -1] ?? column }
}

/** The column of 1.2 that a column of the file is; one that no version knows becomes an extension. */
function meant(entity: Entity, column: string): string {
  const known = olderColumns(entity)
  const renamed = renamedColumns[entity.name] ?? {}
  if (known.includes(column) || column.startsWith('metadata.')) return column
  const lower = column.trim().toLowerCase()
  const caseless = (name: string) => name.toLowerCase() === lower
  return known.find(caseless) ?? renamed[Object.keys(renamed).find(caseless) ?? ''] ?? `metadata.${column}`
}
