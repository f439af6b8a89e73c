import Redis from 'ioredis'
import { askDatabase, createTestDatabase, type TestDatabase } from './database'

describe('the database of a test file', () => {
  let database: TestDatabase
  let other: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
    other = await createTestDatabase()
  })
  afterAll(() => Promise.all([database.drop(), other.drop()]))

  test('is migrated and empty', async () => {
    expect(await askDatabase(database.ownerUrl, 'select count(*)::int as n from users')).toEqual([{ n: 0 }])
  })

  test('is nobody else’s', async () => {
    await askDatabase(database.ownerUrl, `insert into tenants (code, name) values ('one', 'One')`)
    expect(await askDatabase(other.ownerUrl, 'select * from tenants')).toEqual([])
  })

  test('opens to the serving role and the worker’s role, which are no superusers', async () => {
    for (const url of [database.appUrl, database.workerUrl]) {
      expect(
        await askDatabase(url, `select rolsuper, rolbypassrls from pg_roles where rolname = current_user`),
      ).toEqual([{ rolsuper: false, rolbypassrls: false }])
    }
  })

  test('comes with a Redis database that no other file writes to', async () => {
    const [mine, theirs] = [new Redis(database.redisUrl), new Redis(other.redisUrl)]
    await mine.set('key', 'value')
    expect(await theirs.get('key')).toBeNull()
    mine.disconnect()
    theirs.disconnect()
  })
})
