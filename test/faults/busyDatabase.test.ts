import { openDatabase, type Database } from '../../platform/database'
import { codeOf } from '../../platform/errors'
import { cuttable } from '../support/cuttable'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { createTenant } from '../support/roster'
import { until } from '../support/until'

let test: TestDatabase
let database: Database
let tenant: number

beforeAll(async () => {
  test = await createTestDatabase()
  tenant = await createTenant(test.ownerUrl, 'busy')
  database = await openDatabase(test.appUrl, { poolSize: 1, entities: [], waitMilliseconds: 200 })
})
afterAll(async () => {
  await database?.close()
  await test?.drop()
})

/** What a caller is told, whichever way a request met it. */
const away = { extensions: { code: 'UNAVAILABLE' } }

describe('a pool of connections that is lent out', () => {
  it('says that the roster is busy, not that the database is gone, and answers again afterwards', async () => {
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => (end = resolve))
    const long = database.transaction(tenant, () => ended)
    const refused = await database.query(tenant, 'select 1', []).catch((error: unknown) => error)
    expect(codeOf(refused)).toBe('SERVER_BUSY')
    end()
    await long
    expect(await database.query(tenant, 'select 1 as one', [])).toEqual([{ one: 1 }])
  })
})

describe('a server that became a standby', () => {
  it('takes no writes: come again, and over another connection', async () => {
    const address = new URL(test.appUrl)
    address.searchParams.set('options', '-c default_transaction_read_only=on')
    const standby = await openDatabase(address.href, { poolSize: 1, entities: [] })
    try {
      const backend = async () =>
        (await standby.query<{ pid: number }>(tenant, 'select pg_backend_pid() as pid', []))[0]!
      const before = await backend()
      const written = standby.query(tenant, `update tenants set name = 'x' where tenant_id = $1`, [tenant])
      await expect(written).rejects.toMatchObject(away)
      expect(await backend()).not.toEqual(before)
    } finally {
      await standby.close()
    }
  })
})

describe('a connection that is lost while it is lent out, without a word of the server', () => {
  it('fails what is under way, and neither the process nor the next request', async () => {
    const network = await cuttable(test.appUrl)
    const behind = await openDatabase(network.url, { poolSize: 1, entities: [] })
    try {
      const asked = behind.query(tenant, 'select pg_sleep(20)', [])
      const refused = expect(asked).rejects.toMatchObject(away)
      const asleep = `select from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(20)'`
      await until('the server is at it', async () => (await database.query(tenant, asleep, [])).length === 1)
      network.drop()
      await refused
      expect(await behind.query(tenant, 'select 1 as one', [])).toEqual([{ one: 1 }])
      network.cut()
      await expect(behind.query(tenant, 'select 1', [])).rejects.toMatchObject(away)
      await expect(behind.transaction(tenant, async () => 1)).rejects.toMatchObject(away)
      await expect(behind.manager(tenant, (manager) => manager.query('select 1'))).rejects.toMatchObject(away)
    } finally {
      await behind.close()
      network.cut()
    }
  })
})
