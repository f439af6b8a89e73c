import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Profile } from '../../../oneroster/csv'
import { entities, type EntityName } from '../../../oneroster/model'
import { noCounts, type Run, type StagedFile } from './job'
import { CsvBroken, quoteGuard } from './quoteGuard'
import type { HeadedFile } from './readHeaders'
import { createStaging, stagingTable } from './staging'
import { isBlankRow, rowScanner } from './scanRows'
import { rowEncoder } from './stageRows'
import { linesOf, rowValidator } from './validateRow'
import { DamagedEntry } from './verifyBytes'

/**
 * Steps 4 to 6 as one stream per file: bytes → quoteGuard → scanRows → validateRow → stageRows → COPY. Back-pressure reaches from
 * PostgreSQL to the file, so memory stays the same whatever the size. A file that cannot be parsed on ends there and the next one is still
 * read, so that all is told. Answers whether all were read to their ends: if not, the package is refused, also under SKIP, since nobody knows
 * what the unread rows were.
 */
export async function parseRows(
  run: Run,
  files: readonly HeadedFile[],
  profile: Profile,
  staged: Map<EntityName, StagedFile>,
): Promise<boolean> {
  let isReadable = true
  for (const file of files) {
    const counts = noCounts()
    const table = await createStaging(run.client, run.job.jobId, file.entity, { origin: file.older?.derived })
    const users = file.older?.derived ? { users: stagingTable(run.job.jobId, entities.user) } : {}
    const target: StagedFile = { ...file, table, profile, counts, ...users }
    staged.set(file.entity.name, target)
    try {
      await stage(run, file, target)
      if (!counts.read) throw new CsvBroken('row.none', file.headerLine)
    } catch (error) {
      if (error instanceof CsvBroken)
        run.issues.add(error.code, { file: file.name, line: error.line }, error.parameters)
      else if (error instanceof DamagedEntry) run.issues.add('package.damaged', { file: file.name })
      else throw error
      isReadable = false
    }
    await lookOver(run.client, table)
    await run.at(`parsed ${file.name}`)
  }
  return isReadable
}

/** Tells the planner what a file is like, from a sample of it: the usual one takes a second of a large file, and plans the same. */
async function lookOver(client: PoolClient, table: string): Promise<void> {
  // One message is one transaction: if it is cancelled, nothing stays open.
  await client.query(`set local default_statistics_target = 30; analyze ${table}`)
}

async function stage(run: Run, file: HeadedFile, target: StagedFile): Promise<void> {
  const { progress } = run
  const rows = rowTaker(run, file, target)
  const count = gather((bytes) => {
    progress.bytesRead += bytes
    progress.enter('parseRows', progress.bytesRead / progress.bytesToRead)
  })
  const encode = new Transform({
    writableObjectMode: true,
    writableHighWaterMark: 2,
    transform(chunk: string[][], _encoding, done) {
      done(null, rows.take(chunk))
    },
  })
  const columns = rows.columns.map((column) => `"${column}"`).join(', ')
  const copy = run.client.query(copyFrom(`copy ${target.table} (${columns}) from stdin`))
  const source = await file.open()
  await pipeline(
    source,
    count,
    quoteGuard(),
    rowScanner((code) => run.issues.add(code, { file: file.name })),
    encode,
    copy,
    { signal: run.signal },
  )
}

const gatheredBytes = 128 * 1024

/**
 * Makes large pieces of the small ones that unpacking gives: every piece wakes each of the steps, and PostgreSQL, once. Twice as large, what is
 * made of a piece on its way is more than a processor keeps at hand, and a fifth slower.
 */
function gather(onBytes: (bytes: number) => void): Transform {
  let pieces: Buffer[] = []
  let size = 0
  const take = () => {
    const gathered = Buffer.concat(pieces, size)
    pieces = []
    size = 0
    return gathered
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length)
      pieces.push(chunk)
      size += chunk.length
      if (size < gatheredBytes) done()
      else done(null, take())
    },
    flush(done) {
      if (size) done(null, take())
      else done()
    },
  })
}

/** Checks and counts the rows of a file in their order, and makes lines for COPY of them. */
function rowTaker({ issues, progress, codes }: Run, file: HeadedFile, target: StagedFile) {
  const { older, entity, header, mode } = file
  const { counts, profile } = target
  const validator = rowValidator(file, profile, issues, codes)
  const encoder = rowEncoder(entity, header, { mode, profile })
  const derived = older?.derived ?? false
  let line = 0
  let isHeader = true
  let text = ''

  const takeRow = (cells: readonly string[]) => {
    line++
    // A blank line is none of the data, and may even stand before the header.
    if (isBlankRow(cells)) return
    if (isHeader) {
      // It was checked before (readHeaders).
      isHeader = false
      line += linesOf(cells) - 1
      return
    }
    if (!older) return void (line += stageRow(cells) - 1)
    for (const row of older.convert(line, cells)) stageRow(row.cells, row.good)
    line += linesOf(cells) - 1
  }
  /** Answers how many lines of the file the row takes. */
  const stageRow = (cells: readonly string[], isGood = true): number => {
    const { good, lines } = isGood ? validator.validate(line, cells) : toldAlready
    counts.read++
    const place = derived ? counts.read : line
    const encoded = good ? encoder.good(place, cells) : encoder.rejected(place, cells)
    if (!encoded) target.keyless = true
    else text += derived ? `${line}\t${encoded}` : encoded
    if (!good) counts.rejected++
    progress.rowsRead++
    return lines
  }
  return {
    columns: derived ? ['origin', ...encoder.columns] : encoder.columns,
    take(rows: string[][]): string {
      text = ''
      rows.forEach(takeRow)
      return text
    },
  }
}
const toldAlready = { good: false, lines: 1 }
