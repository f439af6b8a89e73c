import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { DataSource } from 'typeorm'
import { migrations } from '../../migrations'
import { columnOf, columnTypes } from '../../oneroster/fields'
import { entities } from '../../oneroster/model'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { createTenant } from '../support/roster'

let database: TestDatabase
const clients: Client[] = []

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await database?.drop()
})

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  clients.push(client)
  await client.connect()
  return client
}

describe('the database against the model', () => {
  it.each(Object.values(entities).map((entity) => [entity.table, entity] as const))(
    '%s has a column for each field',
    async (table, entity) => {
      const client = await connect(database.ownerUrl)
      const { rows } = await client.query<{ name: string; type: string; collation: string | null }>(
        `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, c.collname as collation
       from pg_attribute a left join pg_collation c on c.oid = a.attcollation
       where a.attrelid = $1::regclass and a.attnum > 0`,
        [table],
      )
      const columns = new Map(rows.map((row) => [row.name, row]))
      for (const field of entity.fields) {
        const column = columns.get(columnOf(field))
        const named = columnTypes[field.type].replace('timestamptz(3)', 'timestamp(3) with time zone')
        expect([columnOf(field), column?.type]).toEqual([columnOf(field), named])
        if (named.startsWith('text')) expect(column?.collation).toBe('C')
      }
    },
  )
})

describe('row-level security, the second lock', () => {
  const rosterTables = Object.values(entities).map((entity) => entity.table)
  const tables = [
    ...rosterTables,
    'sources',
    'roster_state',
    'tenants',
    'api_clients',
    'import_jobs',
    'import_issues',
    'export_jobs',
    'audit_events',
    'erasure_keys',
    'erased_people',
  ]

  it.each(tables)('%s shows the serving role no row while no tenant is set', async (table) => {
    const owner = await connect(database.ownerUrl)
    const tenant = await createTenant(database.ownerUrl, `t-${table.replaceAll('_', '-')}`)
    await insertOne(owner, table, tenant)
    const app = await connect(database.appUrl)
    expect((await app.query(`select * from ${table}`)).rowCount).toBe(0)
    await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(tenant)])
    expect((await app.query(`select * from ${table}`)).rowCount).toBe(1)
    await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(tenant + 1_000_000)])
    expect((await app.query(`select * from ${table}`)).rowCount).toBe(0)
  })

  it('a tenant that is deleted takes its rows with it, and only its own', async () => {
    const owner = await connect(database.ownerUrl)
    const [gone, kept] = [await createTenant(database.ownerUrl, 'gone'), await createTenant(database.ownerUrl, 'kept')]
    for (const table of rosterTables) for (const tenant of [gone, kept]) await insertOne(owner, table, tenant)
    await owner.query('delete from tenants where tenant_id = $1', [gone])
    for (const table of rosterTables) {
      const { rows } = await owner.query(`select tenant_id from ${table} where tenant_id = any($1)`, [[gone, kept]])
      expect([table, rows]).toEqual([table, [{ tenant_id: kept }]])
    }
  })

  it.each([
    ['class_members', 'enrollments'],
    ['class_users', 'enrollments'],
    ['user_classes', 'enrollments'],
    ['org_users', 'roles'],
  ])('%s keeps to the tenant as well', async (view, table) => {
    const tenant = await createTenant(database.ownerUrl, `v-${view.replaceAll('_', '-')}`)
    await insertOne(await connect(database.ownerUrl), table, tenant)
    const app = await connect(database.appUrl)
    expect((await app.query(`select * from ${view}`)).rowCount).toBe(0)
    await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(tenant)])
    expect((await app.query(`select * from ${view}`)).rowCount).toBe(1)
  })

  it('the serving role can neither write for another tenant, nor change tables, nor step out of the lock', async () => {
    const tenant = await createTenant(database.ownerUrl, 'mine')
    const other = await createTenant(database.ownerUrl, 'theirs')
    const app = await connect(database.appUrl)
    await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(tenant)])
    const refused = ['42501', '42809', '0LP01']
    const attempts = [
      `insert into roster_state values (${other}, now())`,
      'alter table users disable row level security',
      'alter table users no force row level security',
      'drop table users',
      'truncate users',
      'create table loot (a text)',
      'set role rosterhub_worker',
      `set session authorization ${decodeURIComponent(new URL(database.ownerUrl).username)}`,
      'alter role rosterhub_app_login bypassrls',
      `update tenants set name = 'x'`,
      'delete from audit_events',
      `update audit_events set operation = 'x'`,
      'delete from api_clients',
    ]
    for (const attempt of attempts) {
      const failure = await app.query(attempt).then(
        () => 'allowed',
        (error: { code: string }) => error.code,
      )
      expect([attempt, refused.includes(failure)]).toEqual([attempt, true])
    }
    const { rows } = await app.query(`select rolsuper, rolbypassrls from pg_roles where rolname = current_user`)
    expect(rows[0]).toEqual({ rolsuper: false, rolbypassrls: false })
    const owned = await app.query(`select tablename from pg_tables where tableowner = current_user`)
    expect(owned.rowCount).toBe(0)
  })
})

describe('migrations', () => {
  it('can be taken back and done again', async () => {
    const own = await createTestDatabase()
    const dataSource = await new DataSource({ type: 'postgres', url: own.ownerUrl, migrations }).initialize()
    const tableCount = async () =>
      Number((await dataSource.query(`select count(*) from pg_tables where schemaname = 'public'`))[0].count)
    const before = await tableCount()
    for (const _migration of migrations) await dataSource.undoLastMigration()
    expect(await tableCount()).toBe(1)
    await dataSource.runMigrations()
    expect(await tableCount()).toBe(before)
    await dataSource.destroy()
    await own.drop()
  })
})

const issuesJob = randomUUID()

/** One row of the tenant, by what the table's columns must hold. */
async function insertOne(owner: Client, table: string, tenant: number): Promise<void> {
  if (table === 'tenants') return
  if (table === 'import_issues')
    await owner.query(
      `insert into import_jobs (tenant_id, job_id, state, file_name, created_by) values ($1, '${issuesJob}', 'QUEUED', 'x', 'x')`,
      [tenant],
    )
  const { rows } = await owner.query<{ column_name: string; data_type: string }>(
    `select column_name, data_type from information_schema.columns
     where table_name = $1 and is_nullable = 'NO' and column_default is null and is_identity = 'NO' and table_schema = 'public'`,
    [table],
  )
  const fixed: Record<string, unknown> = {
    tenant_id: tenant,
    state: 'QUEUED',
    severity: 'error',
    key: Buffer.alloc(32),
    person_hash: '0'.repeat(64),
    job_id: '00000000-0000-4000-8000-000000000001',
  }
  const byType: Record<string, unknown> = {
    ARRAY: [],
    boolean: true,
    date: '2026-04-01',
    'timestamp with time zone': new Date(),
    integer: 1,
  }
  const values = rows.map((row) => fixed[row.column_name] ?? byType[row.data_type] ?? 'x')
  const places = values.map((_value, index) => `$${index + 1}`)
  await owner.query(
    `insert into ${table} (${rows.map((row) => `"${row.column_name}"`).join(', ')}) values (${places.join(', ')})`,
    values,
  )
}
