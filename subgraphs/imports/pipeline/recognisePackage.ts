import { resourceSourcedIds } from '../../../oneroster/csv'
import { renamedColumns, roleColumns } from '../../../oneroster/csv11'
import { entities, entityByFile, type Entity } from '../../../oneroster/model'
import { oneRosterMark, sdsColumns, sdsFiles } from '../../../oneroster/otherFormats'
import { isOlderUsers, olderColumns } from './olderHeaders'
import type { Package, PackedFile } from './openPackage'
import { readRows } from './readCsv'

/** What files without a manifest are. */
export type Recognised = 'oneRoster10' | 'microsoftSds' | 'unknown'

/**
 * What a package without manifest.csv seems to be, by the names and headers of its files. A manifest came with OneRoster 1.1, so a package
 * that has none and is of OneRoster is 1.0; but one whose headers are those of 1.2 has lost its manifest.
 */
export async function recognisePackage(contents: Package): Promise<Recognised> {
  const names = [...contents.files.keys()].map((name) => name.toLowerCase())
  if (names.some((name) => sdsFiles.includes(name))) return 'microsoftSds'
  const known = [...contents.files.values()].filter(({ name }) => entityByFile.has(name))
  const headers = new Map<Entity, readonly string[]>()
  for (const file of known) headers.set(entityByFile.get(file.name)!, await headerOf(file))
  if ([...headers.values()].some(isSdsHeader)) return 'microsoftSds'
  const isOlder = [...headers].some(([entity, header]) => header.some((column) => isOlderColumn(entity, column)))
  return isOlder && !headers.has(entities.role) ? 'oneRoster10' : 'unknown'
}

/** Whether users.csv is one of OneRoster 1.1 or 1.0, whatever the manifest says. What has roles.csv is no older package. */
export async function hasOlderUsers({ files }: Package): Promise<boolean> {
  const users = files.get(entities.user.file)
  return users !== undefined && !files.has(entities.role.file) && isOlderUsers(await headerOf(users)) === true
}

/** Whether the header is one of School Data Sync: by columns of its own, or OneRoster's first column without the one that follows it there. */
export function isSdsHeader(header: readonly string[]): boolean {
  if (header.some((column) => sdsColumns.includes(column))) return true
  const looksLikeOneRoster = header.some((column) => column === 'sourcedId' || column === 'classSourcedId')
  return (
    looksLikeOneRoster && !header.includes(oneRosterMark) && header.some((column) => sdsLookAlikes.includes(column))
  )
}
const sdsLookAlikes = ['orgSourcedIds', 'orgSourcedId', 'userSourcedId', 'username', 'name', 'title']

/** The file of OneRoster that a CSV with this header is, whatever its name; undefined when it is none. */
export function fileOfHeader(header: readonly string[]): string | undefined {
  const columns = new Set(header.filter((column) => !column.startsWith('metadata.') && column !== resourceSourcedIds))
  const scored = Object.values(entities).map((entity) => {
    const renamed = renamedColumns[entity.name] ?? {}
    const defined = new Set(olderColumns(entity))
    const shared = [...columns].filter((column) => defined.has(renamed[column] ?? column)).length
    return { file: entity.file, score: shared / (columns.size + defined.size - shared) }
  })
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a))
  return columns.has(oneRosterMark) && best.score >= 0.5 ? best.file : undefined
}

function isOlderColumn(entity: Entity, column: string): boolean {
  if (entity === entities.user && (roleColumns as readonly string[]).includes(column)) return true
  return column in (renamedColumns[entity.name] ?? {})
}

async function headerOf(file: PackedFile): Promise<readonly string[]> {
  const rows = await file
    .open()
    .then(
      (bytes) => readRows(bytes, 1),
      () => [],
    )
    .catch(() => [])
  return rows[0]?.cells ?? []
}
