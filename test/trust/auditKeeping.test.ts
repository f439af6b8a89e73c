import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Client, type Pool } from 'pg'
import { keepAuditTrail } from '../../platform/auditKeeper'
import { directoryStorage, type Storage } from '../../subgraphs/imports/storage'
import { createTestDatabase, openPool, type TestDatabase } from '../support/database'
import { createTenant } from '../support/roster'

/** The trail is added to and nothing else, month by month; what is old is archived before it goes. */
let database: TestDatabase, owner: Client, pool: Pool, storage: Storage
let folder: string, tenant: number

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await createTenant(database.ownerUrl, 'trail')
  owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  pool = openPool(database.workerUrl, 4)
  folder = await mkdtemp(join(tmpdir(), 'rosterhub-audit-'))
  storage = directoryStorage(folder)
})
afterAll(async () => {
  await pool?.end()
  await owner?.end()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

async function addEvent(at: string, requestId: string) {
  const text = `insert into audit_events (tenant_id, at, client_id, operation, object_kind, object_count, request_id)
    values ($1, now() + $2::interval, 'c', 'readUsers', 'user', 1, $3)`
  await owner.query(text, [tenant, at, requestId])
}
async function months(): Promise<string[]> {
  const { rows } = await owner.query(`select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'audit_events'::regclass order by 1`)
  return rows.map((row) => row.name)
}
async function requestIds(): Promise<string[]> {
  return (await owner.query('select request_id from audit_events order by request_id')).rows.map(
    (row) => row.request_id,
  )
}
const monthOf = async (at: string) =>
  (
    await owner.query(
      `select 'audit_events_' || to_char((now() + $1::interval) at time zone 'UTC', 'YYYY_MM') as name`,
      [at],
    )
  ).rows[0].name as string
async function archived(month: string): Promise<string[]> {
  const files = (await readdir(join(folder, 'audit'))).filter((name) => name.startsWith(month))
  const texts = await Promise.all(files.map((name) => readFile(join(folder, 'audit', name))))
  return texts.flatMap((bytes) => gunzipSync(bytes).toString().trim().split('\n'))
}
const keep = (at?: (place: string) => Promise<void>) =>
  keepAuditTrail({ pool, archive: storage, months: 36, ...(at ? { at } : {}) })

describe('the audit trail', () => {
  it('can be added to by who serves, and neither changed nor taken from, by whatever name', async () => {
    const app = new Client({ connectionString: database.appUrl })
    await app.connect()
    await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(tenant)])
    const month = await monthOf('0 days')
    const event = `(tenant_id, client_id, operation, object_kind, object_count, request_id) values`
    await app.query(`insert into audit_events ${event} (${tenant}, 'c', 'readUsers', 'user', 1, 'mine')`)
    for (const attempt of [
      `update audit_events set operation = 'x'`,
      'delete from audit_events',
      'truncate audit_events',
      `insert into audit_events ${event} (${tenant + 1}, 'c', 'readUsers', 'user', 1, 'theirs')`,
      `update ${month} set operation = 'x'`,
      `delete from ${month}`,
      `insert into ${month} ${event} (${tenant}, 'c', 'x', 'user', 1, 'x')`,
      `select * from ${month}`,
      `alter table audit_events detach partition ${month}`,
      `drop table ${month}`,
      'select ensure_audit_partitions(3)',
      `select drop_audit_partition('${month}', 1)`,
      `select setval('audit_event_ids', 1)`,
    ]) {
      const state = await app.query(attempt).then(
        () => 'allowed',
        (error: { code: string }) => error.code,
      )
      expect([attempt, state]).toEqual([attempt, '42501'])
    }
    expect(await requestIds()).toEqual(['mine'])
    await app.end()
  })

  it('has this month and three more, made once however often they are wanted', async () => {
    // A month may have begun since the tables were made.
    await keep()
    const before = await months()
    expect(before).toEqual(expect.arrayContaining([await monthOf('0 days'), await monthOf('1 month')]))
    await Promise.all([keep(), keep(), keep()])
    expect(await months()).toEqual(before)
  })

  it('loses no event of a month that nobody made: it waits in the default partition and is moved', async () => {
    await addEvent('-3 months', 'late')
    await addEvent('7 months', 'early')
    expect((await owner.query('select from audit_events_default')).rowCount).toBe(2)
    await keep()
    expect((await owner.query('select from audit_events_default')).rowCount).toBe(0)
    expect(await months()).toEqual(expect.arrayContaining([await monthOf('-3 months'), await monthOf('7 months')]))
    expect(await requestIds()).toEqual(['early', 'late', 'mine'])
  })

  it('gives an old month to the archive and then up; killed in between, it does both again', async () => {
    await addEvent('-40 months', 'old-1')
    await addEvent('-40 months', 'old-2')
    const month = await monthOf('-40 months')
    await expect(keep(async (place) => Promise.reject(new Error(`killed: ${place}`)))).rejects.toThrow(
      'killed: archived',
    )
    expect(await months()).toContain(month)
    expect(await requestIds()).toEqual(expect.arrayContaining(['old-1', 'old-2']))
    await expect(
      keep(async (place) => (place.startsWith('dropped') ? Promise.reject(new Error('killed')) : undefined)),
    ).rejects.toThrow('killed')
    expect(await months()).not.toContain(month)
    const lines = await archived(month)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain('request_id')
    expect(lines.join()).toMatch(/old-1.*old-2/s)
    expect(await requestIds()).toEqual(['early', 'late', 'mine'])
    await keep()
    expect(await archived(month)).toEqual(lines)
    // Another event of a month that is gone already takes nothing from the archive.
    await addEvent('-40 months', 'old-again')
    await keep()
    expect((await archived(month)).join()).toMatch(/old-1.*old-2.*old-again/s)
  })

  it('an event that comes between archive and drop is archived too', async () => {
    await addEvent('-41 months', 'old-3')
    const month = await monthOf('-41 months')
    const late = keep(async (place) => (place.startsWith('archived') ? addEvent('-41 months', 'old-4') : undefined))
    await expect(late).rejects.toThrow('2 events are there, 1 were archived')
    expect(await requestIds()).toContain('old-4')
    await keep()
    expect((await archived(month)).join()).toMatch(/old-3.*old-4/s)
    expect(await months()).not.toContain(month)
  })

  it('cannot be dropped by the worker but for what is a year old and archived', async () => {
    await addEvent('-14 months', 'recent')
    await keep()
    const refusals = [
      [await monthOf('-3 months'), 1, 'for a year'],
      [await monthOf('0 days'), 1, 'for a year'],
      [await monthOf('-14 months'), 0, '1 events are there'],
      [await monthOf('-14 months'), null, '1 events are there'],
      ['audit_events_default', 0, 'no such month'],
      ['users', 0, 'no such month'],
      ['audit_events_2001_01; drop table users', 0, 'no such month'],
    ] as const
    for (const [name, rows, reason] of refusals) {
      await expect(pool.query('select drop_audit_partition($1, $2)', [name, rows])).rejects.toThrow(reason)
    }
    for (const attempt of [
      'delete from audit_events',
      `update audit_events set operation = 'x'`,
      'truncate audit_events',
    ]) {
      await expect(pool.query(attempt)).rejects.toMatchObject({ code: '42501' })
    }
  })
})
