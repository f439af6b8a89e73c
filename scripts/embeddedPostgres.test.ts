import { chmodSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { removePostgres, startPostgres } from './embeddedPostgres'

const parent = mkdtempSync(path.join(tmpdir(), 'rosterhub-pg-'))
const dataDir = path.join(parent, 'postgres')
chmodSync(parent, 0o755)
afterAll(() => removePostgres(parent))

test('data, address and password stay from one start to the next', async () => {
  // One that the system gives to no connection: it would not be free for the second start.
  const port = 20_000 + (process.pid % 10_000)
  const first = await startPostgres({ dataDir, port, forTests: true })
  await query(first.url, 'create table kept as select 1 as n')
  await first.stop()
  await expect(query(first.url, 'select 1')).rejects.toThrow()
  const second = await startPostgres({ dataDir, forTests: true })
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 1 }])
  expect(statSync(path.join(dataDir, 'password')).mode & 0o777).toBe(0o600)
  await second.stop()
})

test('a server left behind is stopped, and its data is there', async () => {
  const left = await startPostgres({ dataDir, forTests: true })
  const next = await startPostgres({ dataDir, forTests: true })
  expect(next.pid).not.toBe(left.pid)
  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 1 }])
  expect(Number(readFileSync(path.join(dataDir, 'data/postmaster.pid'), 'utf8').split('\n')[0])).toBe(next.pid)
  await Promise.all([left.stop(), next.stop()])
})

test('text is UTF-8 and compares by code point', async () => {
  const server = await startPostgres({ dataDir, forTests: true })
  const sql = `select pg_encoding_to_char(encoding) as encoding, datcollate from pg_database where datname = 'rosterhub'`
  expect(await query(server.url, sql)).toEqual([{ encoding: 'UTF8', datcollate: 'C' }])
  await server.stop()
})

async function query(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
