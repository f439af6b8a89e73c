import { isExtension, metadataKey, packageFiles, profiles, type Profile } from '../../../oneroster/csv'
import { csvColumns, isOfOtherGeneration, literal, profileKeys, type CsvColumn } from '../../../oneroster/csvSql'
import { entities, type Entity } from '../../../oneroster/model'
import { codeOf } from '../../../platform/errors'
import { copyOut } from './copyOut'
import { csvLines } from './csvLines'
import type { ExportedFile, ExportRun } from './exportJob'
import { warnOfMissingRoles } from './missingRoles'
import type { Selection } from './selection'
import type { Snapshot } from './snapshot'
import { zipStream, type ZipEntry } from './zipStream'

/** An export is as large as the roster is; only a disk that is full ends it. */
const largestPackage = Number.MAX_SAFE_INTEGER
/** Keys of metadata beside those of the profile that become columns; more are no extension but a mistake. */
const mostExtensions = 200

interface PlannedFile extends ExportedFile {
  readonly columns: readonly CsvColumn[]
  readonly sql: string
}

/**
 * Streams the selected rows from the snapshot to the package in storage under `key`, which exists afterwards or not at all: a COPY for each
 * file, one after the other, never more than some chunks in memory. Answers the files and what storage counted.
 */
export async function writePackage(
  run: ExportRun,
  selection: Selection,
  options: { key: string; tenant: string; snapshotAt: Date; metadataKeys: Snapshot['metadataKeys'] },
): Promise<{ files: ExportedFile[]; bytes: number; sha256: string }> {
  const { job, storage } = run
  const profile = profiles[job.options.profile]
  const files: PlannedFile[] = []
  for (const entity of inFileOrder(run)) {
    const file = await planFile(run, selection, entity, profile, options.metadataKeys)
    if (file) files.push(file)
  }
  await warnOfMissingRoles(run, selection)
  let failure: unknown
  const entries: ZipEntry[] = [
    { name: 'manifest.csv', bytes: () => [Buffer.from(manifest(profile, files, options.tenant))] },
    ...files.map((file) => ({ name: file.file, bytes: () => rowsOf(run, file, profile) })),
  ]
  const zip = zipStream(entries, options.snapshotAt)
  // What the rows failed with; storage knows broken uploads only.
  zip.once('error', (error) => (failure = error))
  try {
    const written = await storage.write(options.key, zip, largestPackage)
    return { files: files.map(({ entity, file, mode, rows }) => ({ entity, file, mode, rows })), ...written }
  } catch (error) {
    // A disk that is full breaks the rows off, too; it is the reason then.
    throw codeOf(error) === 'UPLOAD_BROKEN' ? (failure ?? error) : error
  }
}

/** In the order of the manifest. */
function inFileOrder({ job }: ExportRun): Entity[] {
  return packageFiles.flatMap((file) => {
    const entity = Object.values(entities).find((candidate) => candidate.file === `${file}.csv`)
    return entity && job.options.entities.includes(entity.name) ? [entity] : []
  })
}

/** The file's columns and its statement; undefined when there is no row: a file without rows is not permitted (CSV Binding 1.2 section 2). */
async function planFile(
  { client, job, issues, progress }: ExportRun,
  selection: Selection,
  entity: Entity,
  profile: Profile,
  metadataKeys: Snapshot['metadataKeys'],
): Promise<PlannedFile | undefined> {
  const { table, file, name } = entity
  const from = `from ${table} r where ${selection.rows(entity, 'r')}`
  const { rows } = await client.query<{ exists: boolean }>(`select exists (select ${from})`)
  if (!rows[0]!.exists) return undefined
  const extensions: string[] = []
  const candidates = `from ${table} r where ${selection.candidates(entity, 'r')}`
  const own = profileKeys(profile, entity)
  const isKnown = metadataKeys?.every((key) => !key.startsWith(`${name}.`) || own.includes(key.slice(name.length + 1)))
  for (const key of isKnown ? [] : await otherKeys(client, candidates, from, own)) {
    const isTaken =
      !isOfOtherGeneration(profile, entity, key) && extensions.length < mostExtensions && isColumnName(key)
    if (isTaken) extensions.push(key)
    else issues.add('export.columnLeftOut', file)
  }
  const { mode } = job.options
  const withoutSecrets = job.visibleSchools !== null
  const form = { profile, mode, referable: selection.referable, withoutSecrets }
  const columns = csvColumns(entity, 'r', form, extensions)
  // Japanese importers demand quotes around every cell, empty ones too; PostgreSQL puts none around null (Japan profile section 2).
  const cells = columns.map(({ sql }) => (profile.japanese ? `coalesce(${sql}, '')` : sql))
  const quotes = profile.japanese ? ', force_quote *' : ''
  progress.expected += await estimate(client, from)
  return {
    ...{ entity: name, file, mode, rows: 0, columns },
    sql: `copy (select ${cells.join(', ')} ${from}) to stdout (format csv${quotes})`,
  }
}

/**
 * Keys of metadata that the profile has no column for, in order. Most rosters have none, so all candidates are looked through first, which
 * PostgreSQL does with several processes and without looking for what they refer to.
 */
async function otherKeys(
  client: ExportRun['client'],
  candidates: string,
  from: string,
  known: readonly string[],
): Promise<string[]> {
  const others = `r.metadata - array[${known.map(literal).join(', ')}]::text[]`
  const found = await client.query<{ count: string }>(`select count(*) ${candidates} and ${others} <> '{}'`)
  if (found.rows[0]!.count === '0') return []
  const { rows } = await client.query<{ key: string }>(
    `select distinct key collate "C" as key from (select ${others} as others ${from} and r.metadata is not null offset 0) m
     cross join lateral jsonb_object_keys(others) key where others <> '{}' order by 1`,
  )
  return rows.map(({ key }) => key)
}

/** What a header cell may be: metadata from JSON may have any keys, in older rosters also those that are held in another spelling. */
function isColumnName(key: string): boolean {
  return key.length <= 200 && isExtension(`metadata.${key}`) && metadataKey(`metadata.${key}`) === key
}

/** How many rows the planner expects: for the percentage only, since counting costs as much as reading. */
async function estimate(client: ExportRun['client'], from: string): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `explain (format json) select 1 ${from}`,
  )
  return rows[0]!['QUERY PLAN'][0].Plan['Plan Rows']
}

async function* rowsOf(run: ExportRun, file: PlannedFile, profile: Profile): AsyncGenerator<Buffer> {
  const { client, issues, progress } = run
  const header = file.columns.map(({ name }) => cell(name, profile.japanese)).join(',')
  yield* csvLines(header, copyOut(client, file.sql), {
    rows(count) {
      file.rows += count
      progress.rows += count
    },
    lineBreaks: (count) => issues.add('export.lineBreak', file.file, {}, count),
    ...(profile.japanese
      ? {
          outsideRepertoire: (line: number, column: number) =>
            issues.add('export.character', file.file, { line, column: file.columns[column]!.name }),
        }
      : {}),
  })
  await run.at(`exported ${file.file}`)
}

/** manifest.csv: all 21 files, most of them absent (CSV Binding 1.2 section 4). */
function manifest(profile: Profile, files: readonly ExportedFile[], tenant: string): string {
  const modes = new Map(files.map(({ file, mode }) => [file, mode]))
  const rows = [
    ['propertyName', 'value'],
    ['manifest.version', '1.0'],
    ['oneroster.version', profile.onerosterVersion],
    ...packageFiles.map((name) => [`file.${name}`, modes.get(`${name}.csv`) ?? 'absent']),
    ['source.systemName', 'RosterHub'],
    ['source.systemCode', tenant],
  ]
  return rows.map((row) => `${row.map((text) => cell(text, profile.japanese)).join(',')}\r\n`).join('')
}

function cell(text: string, always: boolean): string {
  return always || /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
