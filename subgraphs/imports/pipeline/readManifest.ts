import { acceptedVersions, packageFiles } from '../../../oneroster/csv'
import { olderVersions, packageFiles11 } from '../../../oneroster/csv11'
import { entityByFile, type Entity } from '../../../oneroster/model'
import { PackageRefused, type FileMode, type RosterFile, type Run } from './job'
import type { Package, PackedFile } from './openPackage'
import { CsvBroken } from './quoteGuard'
import { readRows } from './readCsv'
import { hasOlderUsers, recognisePackage } from './recognisePackage'
import { DamagedEntry } from './verifyBytes'

/** What stands in a row of the manifest, and in which. */
interface Property {
  readonly value: string
  readonly line: number
}
type Properties = Map<string, Property>

/** What the package says about itself. */
export interface Manifest {
  /** oneroster.version, `1.0` for a package without a manifest; undefined for a single CSV. */
  readonly version: string | undefined
  readonly files: readonly RosterFile[]
}

const manifestName = 'manifest.csv'
const mostProperties = 200
const optionalProperties = ['source.systemName', 'source.systemCode']

/**
 * Step 2: which files there are, in which mode (CSV Binding 1.2 section 4). A package without a manifest, or one of another kind, is refused
 * with the name of what it seems to be; a single CSV takes its mode from the options.
 */
export async function readManifest(run: Run, contents: Package): Promise<Manifest> {
  const { issues, job } = run
  if (!contents.isZip) {
    const [file] = [...contents.files.values()] as [PackedFile]
    const entity = entityByFile.get(file.name)
    if (!entity) {
      issues.add('package.nothingHeld', { file: file.name })
      throw new PackageRefused()
    }
    return { version: undefined, files: [rosterFile(file, entity, job.options.mode ?? 'bulk')] }
  }
  const packed = contents.files.get(manifestName)
  if (!packed) return readWithoutManifest(run, contents)
  const properties = await readProperties(run, packed)
  const version = properties.get('oneroster.version')?.value
  checkVersion(run, properties.get('oneroster.version'))
  if (issues.errors) throw new PackageRefused()
  const isOlder = (version ?? '') in olderVersions
  // 1.1 has fewer files. Who says 1.1 and sends roles.csv means 1.2, as the header of users.csv will show.
  const catalogue = isOlder && !contents.files.has('roles.csv') ? packageFiles11 : packageFiles
  // users.csv of 1.1 under another version: its manifest may be as short as one of 1.1, and is believed in what it says.
  const isLenient = isOlder || (await hasOlderUsers(contents))
  const modes = readModes(run, properties, catalogue, isLenient ? contents : undefined)
  checkPresence(run, contents, modes, catalogue)
  if (issues.errors) throw new PackageRefused()
  const files = [...modes].flatMap(([name, mode]) => {
    const file = contents.files.get(name)
    return file && mode !== 'absent' ? heldFile(run, file, mode) : []
  })
  return { version, files }
}

/**
 * A package of OneRoster 1.0 has no manifest to say what its files are. They are taken for changes: senders of 1.0 export what they like, so
 * nothing is removed because it is missing unless the operator asks for bulk.
 */
async function readWithoutManifest(run: Run, contents: Package): Promise<Manifest> {
  const { issues, job } = run
  const recognised = await recognisePackage(contents)
  // Files of some kinds have the same header in 1.0 as later: of these alone the operator knows what they are.
  const isAsked = recognised === 'unknown' && job.options.profile === 'or-1.0'
  if (recognised !== 'oneRoster10' && !isAsked) {
    issues.add(recognised === 'microsoftSds' ? 'package.microsoftSds' : 'manifest.missing')
    // Manifest.csv, say.
    if (recognised === 'unknown' && [...contents.files.keys()].some((name) => name.toLowerCase() === manifestName))
      issues.add('package.unknownFile', { file: manifestName })
    throw new PackageRefused()
  }
  issues.add('package.oneRoster10')
  checkPresence(run, contents, new Map(), packageFiles11)
  if (issues.errors) throw new PackageRefused()
  const files = [...contents.files.values()].flatMap((file) => heldFile(run, file, job.options.mode ?? 'delta'))
  return { version: '1.0', files }
}

/** A file of the catalogue that the roster has no place for is told, not taken. */
function heldFile({ issues }: Run, file: PackedFile, mode: FileMode): RosterFile[] {
  const entity = entityByFile.get(file.name)
  if (entity) return [rosterFile(file, entity, mode)]
  issues.add('manifest.notHeld', { file: file.name })
  return []
}

function rosterFile(file: PackedFile, entity: Entity, mode: FileMode): RosterFile {
  return { name: file.name, entity, mode, bytes: file.bytes, open: () => file.open() }
}

async function readProperties({ issues }: Run, packed: PackedFile): Promise<Properties> {
  const place = { file: manifestName }
  const rows = await packed
    .open()
    .then((bytes) => readRows(bytes, mostProperties, () => issues.add('header.bom', place)))
    .catch((error: unknown) => {
      if (error instanceof CsvBroken) issues.add(error.code, { ...place, line: error.line }, error.parameters)
      else if (error instanceof DamagedEntry) issues.add('package.damaged', place)
      else throw error
      throw new PackageRefused()
    })
  // Of an empty row a spreadsheet saves a comma: as blank as a line without.
  const [header, ...rest] = rows.filter(({ cells }) => cells.some((cell) => cell !== ''))
  if (header?.cells.join() !== 'propertyName,value') {
    issues.add('manifest.header', { ...place, line: header?.line ?? 1 })
    throw new PackageRefused()
  }
  const properties: Properties = new Map()
  const known = new Set(['manifest.version', 'oneroster.version', ...packageFiles.map(property), ...optionalProperties])
  for (const { line, cells: row } of rest) {
    const name = row[0]!
    if (row.length !== 2) issues.add('row.columnCount', { ...place, line }, { found: row.length, expected: 2 })
    else if (!known.has(name)) issues.add('manifest.unknownProperty', { ...place, line })
    else if (properties.has(name)) issues.add('manifest.duplicateProperty', { ...place, line }, { property: name })
    else properties.set(name, { value: name === 'oneroster.version' ? row[1]!.trim() : row[1]!, line })
  }
  return properties
}

function checkVersion({ issues }: Run, version: Property | undefined): void {
  const place = { file: manifestName, line: version?.line }
  if (!version) return issues.add('manifest.property', place, { property: 'oneroster.version' })
  if ((acceptedVersions as readonly string[]).includes(version.value)) return
  if (version.value in olderVersions) return
  issues.add('manifest.value', place, { property: 'oneroster.version', expected: acceptedVersions.join(', ') })
}

/** Manifests of 1.1 (`older`: their package) leave out what is absent, and write their own version as 1. */
function readModes(
  { issues }: Run,
  properties: Properties,
  catalogue: readonly string[],
  older?: Package,
): Map<string, FileMode | 'absent'> {
  const place = { file: manifestName }
  const manifestVersion = properties.get('manifest.version')
  if (!manifestVersion) issues.add('manifest.property', place, { property: 'manifest.version' })
  else if (manifestVersion.value !== '1.0' && !(older && manifestVersion.value.trim() === '1')) {
    const at = { ...place, line: manifestVersion.line }
    issues.add('manifest.value', at, { property: 'manifest.version', expected: '1.0' })
  }
  const modes = new Map<string, FileMode | 'absent'>()
  for (const file of catalogue) {
    const said = properties.get(property(file))
    const mode = said?.value ?? (older && !older.files.has(`${file}.csv`) ? 'absent' : undefined)
    if (mode === 'bulk' || mode === 'delta' || mode === 'absent') modes.set(`${file}.csv`, mode)
    else if (mode === undefined) issues.add('manifest.property', place, { property: property(file) })
    else {
      const at = { ...place, line: said!.line }
      issues.add('manifest.value', at, { property: property(file), expected: 'absent, bulk, delta' })
    }
  }
  return modes
}

function checkPresence(
  { issues }: Run,
  contents: Package,
  modes: ReadonlyMap<string, FileMode | 'absent'>,
  catalogue: readonly string[],
): void {
  for (const [file, mode] of modes) {
    const isThere = contents.files.has(file)
    if (mode !== 'absent' && !isThere) issues.add('manifest.fileMissing', { file }, { mode })
    if (mode === 'absent' && isThere) issues.add('manifest.fileUnlisted', { file })
  }
  for (const name of contents.files.keys()) {
    // The name came from outside; it is shown when it is nearly one of the standard's.
    const meant = catalogue.find((file) => `${file}.csv`.toLowerCase() === name.toLowerCase())
    if (name !== manifestName && name !== `${meant}.csv`) {
      issues.add('package.unknownFile', meant ? { file: `${meant}.csv` } : {})
    }
  }
}

function property(file: string): string {
  return `file.${file}`
}
