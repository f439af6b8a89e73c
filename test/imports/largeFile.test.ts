import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Pool } from 'pg'
import { profiles } from '../../oneroster/csv'
import { entities, type EntityName } from '../../oneroster/model'
import { collectIssues } from '../../subgraphs/imports/pipeline/issues'
import type { Run, StagedFile } from '../../subgraphs/imports/pipeline/job'
import { parseRows } from '../../subgraphs/imports/pipeline/parseRows'
import { startProgress } from '../../subgraphs/imports/pipeline/progress'
import { dropStaging } from '../../subgraphs/imports/pipeline/staging'
import { createTestDatabase, openPool, type TestDatabase } from '../support/database'

const megabyte = 1024 ** 2

describe('a large file', () => {
  let database: TestDatabase
  let pool: Pool
  beforeAll(async () => {
    database = await createTestDatabase()
    pool = openPool(database.workerUrl, 1)
  })
  afterAll(async () => {
    await pool.end()
    await database.drop()
  })

  test('one CSV of 300 MB is parsed and staged in bounded memory', async () => {
    const columns = [...entities.org.fields.flatMap((field) => field.csv ?? []), 'metadata.note']
    const note = 'みらい市の学校'.repeat(200)
    const size = 300 * megabyte
    let sent = 0
    async function open() {
      return Readable.from(
        (function* () {
          yield Buffer.from(`${columns.join(',')}\r\n`)
          for (let index = 0; sent < size; index += 100) {
            const rows = Array.from(
              { length: 100 },
              (_, offset) => `"o${index + offset}","","","School","school","","","${note}"\r\n`,
            )
            const bytes = Buffer.from(rows.join(''))
            sent += bytes.length
            yield bytes
          }
        })(),
        { objectMode: false },
      )
    }
    const client = await pool.connect()
    const file = {
      name: 'orgs.csv',
      entity: entities.org,
      mode: 'bulk',
      bytes: size,
      open,
      header: columns,
      headerLine: 1,
    } as const
    const issues = collectIssues()
    const run = {
      ...{ client, pool, issues, progress: startProgress(), signal: new AbortController().signal, sourceId: 1 },
      ...{ job: { jobId: randomUUID(), tenantId: 1, options: {} }, at: async () => undefined },
    } as unknown as Run
    const staged = new Map<EntityName, StagedFile>()
    const before = process.memoryUsage.rss()
    let most = before
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20)
    try {
      await parseRows(run, [file], profiles['base-1.2.1'], staged)
    } finally {
      clearInterval(watch)
      await dropStaging(client, run.job.jobId)
      client.release()
    }
    expect(issues.counts).toEqual([])
    expect(staged.get('org')!.counts.read).toBeGreaterThan(70_000)
    // A tenth of the file would already be too much to keep; what moves are chunks on their way and garbage.
    expect(most - before).toBeLessThan(160 * megabyte)
  }, 300_000)
})
