import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Profile } from '../../../oneroster/csv'
import type { EntityName } from '../../../oneroster/model'
import { noCounts, PackageRefused, type FileCounts, type Run, type StagedFile } from './job'
import { csvParser } from './readCsv'
import { CsvBroken, quoteGuard } from './quoteGuard'
import type { HeadedFile } from './readHeaders'
import { createStaging } from './staging'
import { rowEncoder } from './stageRows'
import { rowValidator } from './validateRow'
import { DamagedEntry } from './verifyBytes'

/**
 * Steps 4 to 6 as one stream per file: bytes → quoteGuard → fast-csv → validateRow → stageRows → COPY. Back-pressure reaches from
 * PostgreSQL to the file, so memory stays the same whatever the size. A file that cannot be parsed on ends there and the next one is still
 * read, so that all is told; throws PackageRefused at the end, also under SKIP: nobody knows what the unread rows were.
 */
export async function parseRows(
  run: Run,
  files: readonly HeadedFile[],
  profile: Profile,
  staged: Map<EntityName, StagedFile>,
): Promise<void> {
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 1)
  let unreadable = 0
  for (const file of files) {
    const counts = noCounts()
    const table = await createStaging(run.client, run.job.jobId, file.entity)
    staged.set(file.entity.name, { ...file, table, profile, counts })
    try {
      await stage(run, file, { profile, table, counts, totalBytes })
      if (!counts.read) throw new CsvBroken('row.none', 1)
    } catch (error) {
      if (error instanceof CsvBroken)
        run.issues.add(error.code, { file: file.name, line: error.line }, error.parameters)
      else if (error instanceof DamagedEntry) run.issues.add('package.damaged', { file: file.name })
      else throw error
      unreadable++
    }
    await run.client.query(`analyze ${table}`)
    await run.at(`parsed ${file.name}`)
  }
  if (unreadable) throw new PackageRefused()
}

interface Target {
  readonly profile: Profile
  readonly table: string
  readonly counts: FileCounts
  readonly totalBytes: number
}

async function stage(run: Run, file: HeadedFile, { profile, table, counts, totalBytes }: Target): Promise<void> {
  const { progress } = run
  const validator = rowValidator(file, profile, run.issues)
  const encoder = rowEncoder(file.entity, file.header, { mode: file.mode, profile })
  let line = 0
  let text = ''

  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      progress.bytesRead += chunk.length
      progress.enter('parseRows', progress.bytesRead / totalBytes)
      done(null, chunk)
    },
  })
  const encode = new Transform({
    writableObjectMode: true,
    transform(cells: string[], _encoding, done) {
      line++
      // Line 1 is the header, which was checked before; a blank line is none of the data.
      if (line === 1 || (cells.length === 1 && cells[0] === '')) return done()
      const { good, lines } = validator.validate(line, cells)
      text += good ? encoder.good(line, cells) : encoder.rejected(line, cells)
      line += lines - 1
      counts.read++
      if (!good) counts.rejected++
      progress.rowsRead++
      if (text.length < 65_536) return done()
      const full = text
      text = ''
      done(null, full)
    },
    flush(done) {
      done(null, text)
    },
  })

  const columns = encoder.columns.map((column) => `"${column}"`).join(', ')
  const copy = run.client.query(copyFrom(`copy ${table} (${columns}) from stdin`))
  const source = await file.open()
  await pipeline(source, count, quoteGuard(), csvParser(), encode, copy, { signal: run.signal })
}
