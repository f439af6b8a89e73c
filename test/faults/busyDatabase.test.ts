import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { openDatabase, type Database } from '../../platform/database'
import { codeOf } from '../../platform/errors'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { createTenant } from '../support/roster'

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

describe('a connection that is cut while it is lent out', () => {
  it('fails what is under way, and neither the process nor the next request', async () => {
    const cut = async () => {
      const owner = new Client({ connectionString: test.ownerUrl })
      await owner.connect()
      for (let tries = 0; tries < 100; tries++) {
        const { rowCount } = await owner.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()`,
        )
        if (rowCount) break
        await sleep(20)
      }
      await owner.end()
    }
    const [failed] = await Promise.allSettled([database.query(tenant, 'select pg_sleep(20)', []), cut()])
    expect(failed.status).toBe('rejected')
    expect(await database.query(tenant, 'select 1 as one', [])).toEqual([{ one: 1 }])
  })
})
