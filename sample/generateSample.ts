import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { csvHeader, profiles } from '../oneroster/csv'
import { changeRows } from './changeRows'
import { csvChunks } from './csvText'
import { planDelta, type Delta } from './delta'
import { planDistrict, type District } from './district'
import { manifestHeader, manifestRows, type Origin } from './manifest'
import { completeOptions, integer, OptionError, requireSame, type SampleOptions } from './options'
import { entityOf, fileRows, sampleFiles, type SampleFile } from './packageFiles'
import { readOrigin } from './readOrigin'
import type { Row } from './row'
import { writePackage, type PackageEntry } from './writePackage'

/** Where the package is and how many rows each of its files has; a file that is absent has none. */
export interface SampleSummary extends Record<SampleFile, number> {
  readonly path: string
  /** Size of the ZIP. */
  readonly bytes: number
  readonly mode: 'bulk' | 'delta'
}

/**
 * Writes a synthetic district, or what changed in one, as a ZIP of the given profile: same options, same bytes. Memory stays the same
 * however large the district is. Throws OptionError for an option that cannot be followed.
 */
export async function generateSample(options: SampleOptions): Promise<SampleSummary> {
  return options.deltaOf === undefined ? writeBulk(options) : writeDelta(options, options.deltaOf)
}

async function writeBulk(options: SampleOptions): Promise<SampleSummary> {
  if (options.changes !== undefined) throw new OptionError('--changes needs --delta-of')
  const origin = { options: completeOptions(options), revision: 0, cursor: 0 }
  const district = planDistrict(origin.options)
  const files = sampleFiles.filter((file) => isWanted(origin, file))
  const rowsOf = (file: SampleFile) => fileRows[file](district)
  return write({ origin, district, mode: 'bulk', files, rowsOf, date: dayOf(options, origin) }, options.out)
}

async function writeDelta(options: SampleOptions, previous: string): Promise<SampleSummary> {
  const before = await readOrigin(previous)
  requireSame(options, before.options)
  const district = planDistrict(before.options)
  const delta = planDelta(district, integer('changes', options.changes ?? 100, 1, 5_000_000), before.cursor)
  const origin = { options: before.options, revision: before.revision + 1, cursor: delta.cursor }
  const date = dayOf(options, origin)
  const files = sampleFiles.filter((file) => delta.rows.has(file))
  const rowsOf = (file: SampleFile) => deltaRows(district, delta, file, origin.revision, `${date}T00:00:00.000Z`)
  return write({ origin, district, mode: 'delta', files, rowsOf, date }, options.out)
}

const isWanted = ({ options }: Origin, file: SampleFile) =>
  (file !== 'demographics' || options.demographics) && (file !== 'userProfiles' || options.userProfiles > 0)

function* deltaRows(district: District, delta: Delta, file: SampleFile, revision: number, dateLastModified: string) {
  for (const change of delta.changes) {
    const status = change.kind === 'removed' ? 'tobedeleted' : 'active'
    for (const row of changeRows[file as keyof typeof changeRows](district, change, revision)) {
      yield { ...row, status, dateLastModified }
    }
  }
}

interface Package {
  readonly origin: Origin
  readonly district: District
  readonly mode: 'bulk' | 'delta'
  readonly files: readonly SampleFile[]
  readonly rowsOf: (file: SampleFile) => Iterable<Row>
  readonly date: string
}

async function write({ origin, district, mode, files, rowsOf, date }: Package, out = '.'): Promise<SampleSummary> {
  const profile = profiles[origin.options.profile]
  const counts = Object.fromEntries(sampleFiles.map((file) => [file, 0])) as Record<SampleFile, number>
  const manifest = manifestRows(origin, mode, new Set(files))
  const entries: PackageEntry[] = [
    { name: 'manifest.csv', chunks: csvChunks(manifestHeader, manifest, profile.japanese) },
    ...files.map((file) => ({
      name: `${file}.csv`,
      chunks: csvChunks(csvHeader(profile, entityOf(file)), rowsOf(file), profile.japanese, () => counts[file]++),
    })),
  ]
  const path = pathOf(out, `RO_${date.replaceAll('-', '')}_${district.code}.zip`)
  const bytes = await writePackage(path, entries, date)
  return { path, bytes, mode, ...counts }
}

/** `out` itself, or below it when it is a folder, the name that the Japan profile gives to packages. */
function pathOf(out: string, name: string): string {
  const isFolder = /[/\\]$/.test(out) || (existsSync(out) && statSync(out).isDirectory())
  return isFolder ? join(out, name) : out
}

/** The day that `date` names, or that many days after 1 April as deltas went before. */
function dayOf({ date }: SampleOptions, { options, revision }: Origin): string {
  if (date === undefined) return new Date(Date.UTC(options.year, 3, 1 + revision)).toISOString().slice(0, 10)
  const day = /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T00:00:00Z`) : new Date(NaN)
  if (day.getTime() && day.toISOString().startsWith(date)) return date
  throw new OptionError(`--date must be a day as YYYY-MM-DD, not ${date}`)
}
