import { Client, type Pool } from 'pg'
import { readdir } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createAdmin } from '../../subgraphs/access/createAdmin'
import { removeDeletedTenants } from '../../subgraphs/imports/deletedTenants'
import { claimNext } from '../../subgraphs/imports/claim'
import { directoryStorage } from '../../subgraphs/imports/storage'
import { tenantsWithWork } from '../../subgraphs/imports/sweep'
import { district } from '../rest/district'
import { openPool } from '../support/database'
import { insertRoster } from '../support/insertRoster'
import { ask, bearer } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

/** A tenant's life in the hands of a client of the platform: made, suspended, resumed, deleted. */
describe.each(topologies)('the life of a tenant: %s', (topology) => {
  let hub: Hub
  let platform: Record<string, string>
  let owner: Client
  let worker: Pool
  beforeAll(async () => {
    hub = await startHub(topology)
    const made = await createAdmin(hub.config, { tenant: 'platform', platform: true })
    platform = { 'X-API-Key': (made as { apiKey: string }).apiKey }
    owner = new Client({ connectionString: hub.database.ownerUrl })
    await owner.connect()
    worker = openPool(hub.database.workerUrl, 3)
  })
  afterAll(async () => {
    await owner?.end()
    await worker?.end()
    await hub?.close()
  })

  const codeOf = (answer: Awaited<ReturnType<typeof ask>>) => answer.errors?.[0]?.extensions.code
  const act = (name: string, code: string) =>
    ask(hub, `mutation { ${name}(code: "${code}") { code suspendedAt deletingAt } }`, {}, platform)

  async function made(code: string) {
    const query = `mutation { createTenant(code: "${code}", name: "${code} 教育委員会") {
      tenant { code name } administrator { clientId clientSecret apiKey } } }`
    const { data } = await ask(hub, query, {}, platform)
    const { administrator, tenant } = data.createTenant
    const { rows } = await owner.query<{ tenant_id: number }>('select tenant_id from tenants where code = $1', [code])
    return { ...administrator, tenant, tenantId: rows[0]!.tenant_id }
  }

  it('is made with an administrator who can begin at once; a code is taken once', async () => {
    const { apiKey, tenant } = await made('north')
    expect(tenant).toEqual({ code: 'north', name: 'north 教育委員会' })
    const answer = await ask(hub, '{ tenant { code } orgs { total } clients { total } }', {}, { 'X-API-Key': apiKey })
    expect(answer.data).toEqual({ tenant: { code: 'north' }, orgs: { total: 0 }, clients: { total: 1 } })
    expect(
      codeOf(await ask(hub, 'mutation { createTenant(code: "north", name: "x") { tenant { code } } }', {}, platform)),
    ).toBe('CONFLICT')
    expect(
      codeOf(await ask(hub, 'mutation { createTenant(code: "No!", name: "x") { tenant { code } } }', {}, platform)),
    ).toBe('INVALID_DATA')
  })

  it('suspended, its clients are refused at once by every credential; resumed, they are back', async () => {
    const client = await made('east')
    const byKey = { 'X-API-Key': client.apiKey }
    const byToken = await bearer(hub, client)
    expect((await ask(hub, '{ tenant { code } }', {}, byKey)).data.tenant.code).toBe('east')
    expect((await ask(hub, '{ tenant { code } }', {}, byToken)).data.tenant.code).toBe('east')
    expect((await act('suspendTenant', 'east')).data.suspendTenant.suspendedAt).not.toBeNull()
    for (const credentials of [byKey, byToken]) {
      expect(codeOf(await ask(hub, '{ tenant { code } }', {}, credentials))).toBe('UNAUTHENTICATED')
    }
    await expect(bearer(hub, client)).rejects.toThrow('UNAUTHENTICATED')
    expect((await ask(hub, '{ tenant { code } }', {}, platform)).data.tenant.code).toBe('platform')
    await act('suspendTenant', 'east')
    expect((await act('resumeTenant', 'east')).data.resumeTenant.suspendedAt).toBeNull()
    expect((await ask(hub, '{ tenant { code } }', {}, byKey)).data.tenant.code).toBe('east')
  })

  it('suspended, its imports wait', async () => {
    const { tenantId } = await made('waiting')
    await owner.query(
      `insert into import_jobs (tenant_id, job_id, state, file_name, storage_key, created_by) values ($1, gen_random_uuid(), 'QUEUED', 'x', 'x', 'x')`,
      [tenantId],
    )
    const client = await worker.connect()
    await act('suspendTenant', 'waiting')
    expect(await tenantsWithWork(worker)).not.toContain(tenantId)
    expect(await claimNext(client, tenantId)).toBeUndefined()
    await act('resumeTenant', 'waiting')
    expect(await tenantsWithWork(worker)).toContain(tenantId)
    expect(await claimNext(client, tenantId)).toMatchObject({ tenantId })
    client.release()
  })

  it('deleted, nothing is left of it but its trail, also when the worker is killed on the way and begins again', async () => {
    const { tenantId, apiKey } = await made('south')
    const other = await made('south-2')
    const another = `mutation { createClient(input: { name: "x", scopes: ["urn:rosterhub:scope:imports"] }) { clientId } }`
    expect((await ask(hub, another, {}, { 'X-API-Key': apiKey })).errors).toBeUndefined()
    for (const id of [tenantId, other.tenantId]) await insertRoster(hub.database.ownerUrl, id, district)
    const storage = directoryStorage(hub.config.storageDir)
    const job = '3f2504e0-4f89-41d3-9a0c-0305e82c3301'
    await storage.write(`uploads/${tenantId}/${job}`, Readable.from([Buffer.from('x')]), 10)
    await storage.write(`exports/${tenantId}/y`, Readable.from([Buffer.from('y')]), 10)
    await storage.write(`uploads/${other.tenantId}/z`, Readable.from([Buffer.from('z')]), 10)
    await owner.query(
      `insert into import_jobs (tenant_id, job_id, state, file_name, storage_key, created_by) values ($1, $2, 'COMPLETED', 'x', $3, 'x')`,
      [tenantId, job, `uploads/${tenantId}/${job}`],
    )
    await worker.query(`create unlogged table staging.j${job.replaceAll('-', '')}_users (a text)`)

    expect(codeOf(await act('deleteTenant', 'south'))).toBe('CONFLICT')
    await act('suspendTenant', 'south')
    expect((await act('deleteTenant', 'south')).data.deleteTenant.deletingAt).not.toBeNull()
    expect(codeOf(await act('resumeTenant', 'south'))).toBe('CONFLICT')
    expect((await act('deleteTenant', 'south')).data.deleteTenant.deletingAt).not.toBeNull()

    // Dies when the files are gone and the rows are not.
    const dying = { ...storage, list: async () => Promise.reject(new Error('killed')) }
    await expect(removeDeletedTenants(worker, dying)).rejects.toThrow('killed')
    await removeDeletedTenants(worker, storage)
    await removeDeletedTenants(worker, storage)

    expect(await rowsOf(owner, tenantId)).toEqual({ audit_events: 1 })
    expect((await rowsOf(owner, other.tenantId))['users']).toBe(265)
    expect(await storage.list(`uploads/${tenantId}/`)).toEqual([])
    expect((await readdir(hub.config.storageDir, { recursive: true })).join()).not.toContain(job)
    expect(await storage.list(`uploads/${other.tenantId}/`)).toHaveLength(1)
    const staged = await owner.query(`select 1 from pg_tables where schemaname = 'staging' and tablename like $1`, [
      `j${job.slice(0, 8)}%`,
    ])
    expect(staged.rowCount).toBe(0)
    expect(codeOf(await ask(hub, '{ tenant { code } }', {}, { 'X-API-Key': apiKey }))).toBe('UNAUTHENTICATED')
    const { data } = await ask(hub, '{ tenants { code } auditEvents { items { operation } } }', {}, platform)
    expect(data.tenants.map((tenant: { code: string }) => tenant.code)).not.toContain('south')
    expect(data.auditEvents.items.map((event: { operation: string }) => event.operation)).toContain('deleteTenant')
    expect((await made('south')).tenantId).toBeGreaterThan(tenantId)
  })

  it('is nobody’s but the platform’s to change, and the platform’s client sees no roster', async () => {
    const { apiKey } = await made('west')
    for (const query of [
      '{ tenants { code } }',
      'mutation { createTenant(code: "more", name: "x") { tenant { code } } }',
      'mutation { suspendTenant(code: "sample") { code } }',
      'mutation { resumeTenant(code: "sample") { code } }',
      'mutation { deleteTenant(code: "sample") { code } }',
      'mutation { createClient(input: { name: "x", scopes: ["urn:rosterhub:scope:platform"] }) { clientId } }',
    ]) {
      expect([query, codeOf(await ask(hub, query, {}, { 'X-API-Key': apiKey }))]).toEqual([query, 'FORBIDDEN'])
    }
    expect(codeOf(await ask(hub, '{ users { total } }', {}, platform))).toBe('FORBIDDEN')
    expect(codeOf(await act('suspendTenant', 'platform'))).toBe('CONFLICT')
    expect(codeOf(await act('suspendTenant', 'no-such'))).toBe('UNKNOWN_OBJECT')
  })
})

/** How many rows of the tenant each table holds, where there are any. */
async function rowsOf(owner: Client, tenantId: number): Promise<Record<string, number>> {
  const { rows } = await owner.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace`,
  )
  const counts: Record<string, number> = {}
  for (const { name } of rows) {
    const found = await owner.query<{ n: number }>(`select count(*)::int as n from ${name} where tenant_id = $1`, [
      tenantId,
    ])
    if (found.rows[0]!.n) counts[name] = found.rows[0]!.n
  }
  return counts
}
