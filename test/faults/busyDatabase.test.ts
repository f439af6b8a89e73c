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
