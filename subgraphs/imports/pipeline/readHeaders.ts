import {
  canonicalColumn,
  csvHeader,
  definedColumns,
  isExtension,
  metadataKey,
  profiles,
  resourceSourcedIds,
  type Profile,
  type ProfileId,
} from '../../../oneroster/csv'
import { olderVersions, type OlderId } from '../../../oneroster/csv11'
import { isBoardCode, isDate, isSchoolCode } from '../../../oneroster/formats'
import { japanRequired } from '../../../oneroster/japanRules'
import { entities } from '../../../oneroster/model'
import { noteAbsentFiles } from './expectedFiles'
import { PackageRefused, type RosterFile, type Run } from './job'
import type { Issues } from './issues'
import { isHeaderOf, isOlderUsers, readOlderHeaders } from './olderHeaders'
import type { Manifest } from './readManifest'
import { CsvBroken } from './quoteGuard'
import { readRows, type CsvRow } from './readCsv'
import { DamagedEntry } from './verifyBytes'

/** A file whose columns are known and in order. */
export interface HeadedFile extends RosterFile {
  readonly header: readonly string[]
  /** Where the header stands: 1, unless blank lines come before it. */
  readonly headerLine: number
}

/**
 * Step 3: the header row of each file against the columns of the standard (names, case and order are fixed; extensions metadata.* come last),
 * and from headers and manifest the generation of the profile. Goes on after a bad header, so that all of them are told at once.
 */
export async function readHeaders(run: Run, manifest: Manifest): Promise<{ files: HeadedFile[]; profile: Profile }> {
  const files: HeadedFile[] = []
  for (const file of manifest.files) {
    const header = await readHeader(run.issues, file)
    if (header) files.push({ ...file, header: header.cells, headerLine: header.line })
  }
  const older = recogniseOlder(run, manifest, files)
  if (older) {
    const said = manifest.version ?? ''
    const version = said in olderVersions ? said : older === 'or-1.0' ? '1.0' : '1.1'
    // Of a package without a manifest it was told already that it is taken for 1.0.
    const isTold = run.issues.counts.some(({ code }) => code === 'package.oneRoster10')
    if (!isTold) run.issues.add('package.oneRoster11', {}, { version })
    return readOlderHeaders(run.issues, files, older)
  }
  const forced = run.job.options.profile as ProfileId | undefined
  const profile = profiles[forced ?? recognise(manifest.version, files)]
  run.issues.under(profile.id)
  // A single CSV (no version) bears the name of the standard's file and comes alone.
  if (manifest.version !== undefined) {
    checkPackageName(run)
    noteAbsentFiles(run, manifest.files, profile)
  }
  for (const file of files) checkHeader(run.issues, file, profile)
  if (run.issues.errors) throw new PackageRefused()
  return { files, profile }
}

/**
 * Whether the package is of OneRoster 1.1 or 1.0: users.csv decides, without it the manifest. Senders exist who write the one and say
 * the other. What has roles.csv is no older package, whatever else is wrong with it.
 */
function recogniseOlder({ job, issues }: Run, manifest: Manifest, files: readonly HeadedFile[]): OlderId | undefined {
  const { profile } = job.options
  if (profile) return profile === 'or-1.1' || profile === 'or-1.0' ? profile : undefined
  const said = olderVersions[manifest.version ?? '']
  const users = files.find(({ entity }) => entity.name === 'user')
  if (!users) return said
  const hasRoles = files.some(({ entity }) => entity.name === 'role')
  const found = hasRoles ? false : (isOlderUsers(users.header) ?? Boolean(said))
  if (manifest.version && found !== Boolean(said))
    issues.add('manifest.otherVersion', { file: users.name, line: users.headerLine })
  return found ? (said ?? 'or-1.1') : undefined
}

async function readHeader(issues: Issues, { name, entity, open }: RosterFile): Promise<CsvRow | undefined> {
  try {
    const rows = await readRows((await open()) as never, 1, () => issues.add('header.bom', { file: name }))
    if (rows[0] && isHeaderOf(entity, rows[0].cells)) return rows[0]
    if (!rows[0]) issues.add('header.missing', { file: name, line: 1 })
    // Of a row of data, a title or another separator: one word on it, not one on each column.
    else {
      const expected = definedColumns(entity).slice(0, 3).join()
      issues.add('header.unrecognised', { file: name, line: rows[0].line }, { expected })
    }
  } catch (error) {
    if (error instanceof CsvBroken) issues.add(error.code, { file: name, line: error.line }, error.parameters)
    else if (error instanceof DamagedEntry) issues.add('package.damaged', { file: name })
    else throw error
  }
  return undefined
}

/** Generations differ in the manifest's version, one column of users.csv and the spelling of the enrollment extensions (csv.ts). */
function recognise(version: string | undefined, files: readonly HeadedFile[]): ProfileId {
  const columns = new Set(files.flatMap((file) => file.header))
  const isOldUsers = columns.has(resourceSourcedIds)
  const isJapanese = version === '1.2_JP' || [...columns].some((column) => column.startsWith('metadata.jp.'))
  if (!isJapanese) return isOldUsers ? 'base-1.2' : 'base-1.2.1'
  if (version === '1.2_JP' || columns.has('metadata.jp.shussekiNo')) return 'jp-k12-1.0'
  return isOldUsers ? 'jp-2nd-edition' : 'jp-1.2.1'
}

/** RO_, the day of the data and a code: of a school, of its 設置者, or two digits for a whole prefecture (Japan profile section 2). */
function checkPackageName({ job, issues }: Run): void {
  const [, day, code] = /^RO_(\d{8})_(\w+)\.zip$/.exec(job.fileName.split(/[\\/]/).at(-1) ?? '') ?? []
  const isCode = code && (isSchoolCode(code) || isBoardCode(code) || isBoardCode(`${code}0000`))
  const isDay = day && isDate(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`)
  if (!isCode || !isDay) issues.add('package.fileName')
}

function checkHeader(issues: Issues, { name, entity, header, headerLine }: HeadedFile, profile: Profile): void {
  const place = { file: name, line: headerLine }
  const expected = definedColumns(entity, header.includes(resourceSourcedIds))
  const missing = expected.filter((column) => !header.includes(column))
  const lowerCase = header.map((column) => column.toLowerCase())
  const names = new Set<string>()
  for (const column of missing) {
    const at = lowerCase.indexOf(column.toLowerCase())
    if (at < 0) issues.add('header.column', { ...place, column }, { expected: column })
    else issues.add('header.case', { ...place, column }, { expected: column, position: at + 1, found: header[at]! })
  }
  header.forEach((column, index) => {
    const isKnown = expected.includes(column) || isExtension(column)
    const isMisspelt = missing.some((one) => one.toLowerCase() === column.toLowerCase())
    const before = names.size
    // A header may be a megabyte of names: to look through those before for each of them would take minutes.
    if (names.add(canonicalColumn(column)).size === before)
      issues.add('header.duplicateColumn', place, { position: index + 1 })
    else if (!isKnown && !isMisspelt)
      issues.add('header.unknownColumn', place, { position: index + 1, ...shown(column) })
  })
  const misplaced = missing.length ? -1 : expected.findIndex((column, index) => header[index] !== column)
  if (misplaced >= 0) {
    const column = expected[misplaced]!
    const parameters = { position: misplaced + 1, expected: column, ...shown(header[misplaced]!) }
    issues.add('header.order', { ...place, column }, parameters)
  }
  for (const column of csvHeader(profile, entity).filter((one) => one.startsWith('metadata.'))) {
    // Either spelling of the enrollment extensions will do (Japan profile section 1).
    if (header.some((one) => one.startsWith('metadata.') && metadataKey(one) === metadataKey(column))) continue
    const code = japanRequired[entity.name]?.includes(column) ? 'header.column' : 'header.profileColumn'
    issues.add(code, { ...place, column }, { expected: column })
  }
}

const knownColumns = new Set(Object.values(entities).flatMap((entity) => definedColumns(entity, true)))

/** What was found is repeated only if it is the name of a column: a file without a header has a person there. */
function shown(column: string): { found?: string } {
  return knownColumns.has(column) || isExtension(column) ? { found: column.slice(0, 80) } : {}
}
