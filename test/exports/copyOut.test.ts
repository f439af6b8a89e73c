import { Client } from 'pg'
import { copyOut, type CopiedRows } from '../../subgraphs/imports/exports/copyOut'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { until } from '../support/until'

describe('rows copied out of the database', () => {
  let database: TestDatabase
  let client: Client
  beforeAll(async () => {
    database = await createTestDatabase()
    client = new Client({ connectionString: database.ownerUrl })
    await client.connect()
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  const csv = (query: string) => `copy (${query}) to stdout (format csv)`
  async function read(rows: AsyncIterable<CopiedRows>) {
    const blocks: CopiedRows[] = []
    for await (const block of rows) blocks.push(block)
    return { blocks, text: Buffer.concat(blocks.map(({ bytes }) => bytes)).toString() }
  }

  it('come whole, each with CRLF, counted, also those that are larger than a block', async () => {
    const length = (row: number) => (row % 1000 === 0 ? 300_000 : row % 97)
    const query = `select i, repeat('名', case when i % 1000 = 0 then 300000 else i % 97 end) from generate_series(1, 5000) i`
    const { blocks, text } = await read(copyOut(client, csv(query)))
    const cell = (row: number) => (length(row) ? '名'.repeat(length(row)) : '""')
    const wanted = Array.from({ length: 5000 }, (_, index) => `${index + 1},${cell(index + 1)}\r\n`).join('')
    expect(text === wanted).toBe(true)
    expect(blocks.reduce((sum, { rows }) => sum + rows, 0)).toBe(5000)
    for (const { bytes } of blocks) expect(bytes.subarray(-2).toString()).toBe('\r\n')
    expect((await read(copyOut(client, csv('select 1 where false')))).blocks).toEqual([])
  })

  it('end with the error of the statement, and the connection goes on', async () => {
    const failing = csv('select 1 / (90000 - i) from generate_series(1, 100000) i')
    await expect(read(copyOut(client, failing))).rejects.toThrow('division by zero')
    expect((await read(copyOut(client, csv('select 1')))).text).toBe('1\r\n')
  })

  it('end with the error also when the statement fails before anybody reads', async () => {
    const lost = new Client({ connectionString: database.ownerUrl })
    lost.on('error', () => undefined)
    await lost.connect()
    const failing = copyOut(lost, csv('select 1 / 0'))
    // The connection takes one statement after the other: that one is over when this is answered.
    await lost.query('select 1')
    await expect(read(failing)).rejects.toThrow('division by zero')
    const ended = new Promise<void>((resolve) => void lost.once('end', resolve))
    const { rows } = await lost.query('select pg_backend_pid() as pid')
    await client.query('select pg_terminate_backend($1)', [rows[0].pid])
    await ended
    const onNoConnection = copyOut(lost, csv('select 1'))
    await new Promise((resolve) => setImmediate(resolve))
    await expect(read(onNoConnection)).rejects.toThrow('not queryable')
  })

  it('wait in the server for a slow reader, and a reader that stops leaves nothing hanging', async () => {
    const other = new Client({ connectionString: database.ownerUrl })
    await other.connect()
    const { rows } = await other.query('select pg_backend_pid() as pid')
    const reading = copyOut(other, csv(`select repeat('x', 1000) from generate_series(1, 200000)`))[
      Symbol.asyncIterator
    ]()
    await reading.next()
    const waits = async () =>
      (
        await client.query(
          'select wait_event from pg_stat_activity where pid = $1',
          rows.map(({ pid }) => pid),
        )
      ).rows[0]
    let waited = 0
    await until('the server waits, and goes on waiting', async () => {
      waited = (await waits())?.wait_event === 'ClientWrite' ? waited + 1 : 0
      return waited === 5
    })
    await reading.return!()
    await other.end()
    await until('the server is still there', async () => (await waits()) === undefined)
  })
})
