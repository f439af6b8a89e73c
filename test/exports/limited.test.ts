import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scopes } from '../../oneroster/scopes'
import type { Identity } from '../../platform/identity'
import { startWorker } from '../../subgraphs/imports/worker'
import { changed } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { identityOf } from '../support/roster'
import { askAs, exportEnded, queueExport, rowsOf, textsOf } from './support'
import { twoSchools } from './twoSchools'

/** Exports of clients that may see some schools: what is in them, and who may have them then and later. */
describe('an export of a client with schools', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> } | undefined
  beforeAll(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' })
    await atWork()
    const files = twoSchools()
    for (const user of files['users.csv']!) user['password'] = 'plain-secret'
    expect(await hub.run(await packageOf(files))).toMatchObject({ state: 'COMPLETED' })
  })
  afterAll(async () => {
    await atRest()
    await hub.close()
  })
  async function atWork(): Promise<void> {
    worker ??= await startWorker(hub.config)
  }
  async function atRest(): Promise<void> {
    await worker?.close()
    worker = undefined
  }

  const base = { profile: 'BASE_1_2_1' }
  const may = [scopes.roster, scopes.demographics, scopes.exports]
  /** A client as the table knows it, and as it calls today. */
  async function clientOf(schools: string[] | null, granted: readonly string[] = may): Promise<Identity> {
    const clientId = `rhc_${randomUUID()}`
    await hub.owner.query(
      `insert into api_clients (tenant_id, client_id, name, scopes, schools) values ($1, $2, 'x', $3, $4)`,
      [hub.tenantId, clientId, granted, schools],
    )
    return callingAs(clientId, schools, granted)
  }
  const callingAs = (clientId: string, schools: string[] | null, granted: readonly string[] = may): Identity => ({
    ...identityOf(hub.tenantId, granted),
    clientId,
    ...(schools ? { schools } : {}),
  })
  async function changedTo(client: Identity, schools: string[] | null): Promise<Identity> {
    await hub.owner.query('update api_clients set schools = $2 where client_id = $1', [client.clientId, schools])
    return callingAs(client.clientId, schools)
  }
  const pathOf = (id: string) => join(hub.config.storageDir, 'exports', String(hub.tenantId), id)
  async function exported(client: Identity, options: object = {}): Promise<string> {
    const id = await queueExport(hub, { ...base, ...options }, client)
    expect(await exportEnded(hub, id)).toMatchObject({ state: 'COMPLETED' })
    return id
  }
  const look = (client: Identity, id: string): Promise<any> =>
    askAs(hub, `{ exportJob(id: "${id}") { id state visibleSchools downloadUrl } }`, {}, client).then(
      (data) => data.exportJob,
    )
  const open = (client: Identity, jobId: string) =>
    hub.subgraph.download!(client, { kind: 'export', tenantId: hub.tenantId, clientId: client.clientId, jobId })
  const idsOf = async (id: string, file: string) =>
    (await rowsOf(pathOf(id), file)).map((row) => row['sourcedId']).sort()

  it('holds what its schools show, no password, and can be imported', async () => {
    const client = await clientOf(['second'])
    const id = await exported(client)
    expect(await idsOf(id, 'orgs.csv')).toEqual(['district', 'second'])
    expect(await idsOf(id, 'users.csv')).toEqual(['s3', 't1'])
    expect(await idsOf(id, 'roles.csv')).toEqual(['role-s3', 'role-t1-second'])
    expect(await idsOf(id, 'enrollments.csv')).toEqual(['enrollment-s3'])
    expect(Object.values(await textsOf(pathOf(id))).join()).not.toMatch(/\b(s1|s2|g1|Mirai School|plain-secret)\b/)
    const admins = await exported(identityOf(hub.tenantId))
    expect(Object.values(await textsOf(pathOf(admins))).join()).toContain('plain-secret')

    const receiver = await createImportHub()
    const its = await startWorker(receiver.config)
    expect(await receiver.run(await readFile(pathOf(id)))).toMatchObject({ state: 'COMPLETED', issues: { items: [] } })
    await its.close()
    await receiver.close()
  })

  it('brings no role from elsewhere along, not even a primary one under a Japanese profile', async () => {
    for (const options of [{}, { schools: ['second'] }]) {
      const id = await exported(await clientOf(['second']), { profile: 'JP_K12_1_0', ...options })
      expect(await idsOf(id, 'roles.csv')).toEqual(['role-s3', 'role-t1-second'])
      expect(await idsOf(id, 'orgs.csv')).toEqual(['district', 'second'])
    }
  })

  it('has demographics for the scope of demographics only', async () => {
    const id = await exported(await clientOf(['second'], [scopes.roster, scopes.exports]))
    expect(await idsOf(id, 'demographics.csv')).toEqual([])
  })

  it('names no other school: one that is there is as unknown as one that is not', async () => {
    const client = await clientOf(['second'])
    const refusals = await Promise.all(
      ['school', 'nowhere'].map((school) =>
        queueExport(hub, { ...base, schools: ['second', school] }, client).catch((error: Error) => error.message),
      ),
    )
    expect(refusals).toEqual(Array(2).fill('schools: 1 of them are no active orgs'))
    const both = await clientOf(['school', 'second'])
    expect(await idsOf(await exported(both, { schools: ['school'] }), 'orgs.csv')).toEqual(['district', 'school'])
    // The district is shown, but nobody works there as far as this client is told.
    expect(await idsOf(await exported(client, { schools: ['district'] }), 'roles.csv')).toEqual([])
  })

  it('tells in a delta what was removed at its schools, and where the next one begins without telling of others', async () => {
    const client = await clientOf(['second'])
    const full = await exported(client)
    const { snapshotAt } = await askJob(full)
    const files = twoSchools()
    const elsewhere = { 'users.csv': [changed({ ...files['users.csv']![1]!, phone: '03-0000-0000' })] }
    expect(await hub.run(await packageOf(elsewhere, { modes: { 'users.csv': 'delta' } }))).toMatchObject({
      state: 'COMPLETED',
    })
    const nothing = await exported(client, { mode: 'delta', since: snapshotAt })
    expect(await askJob(nothing)).toEqual({ snapshotAt, rowsWritten: 0 })
    const here = { 'enrollments.csv': [changed(files['enrollments.csv']!.at(-1)!, 'tobedeleted')] }
    expect(await hub.run(await packageOf(here, { modes: { 'enrollments.csv': 'delta' } }))).toMatchObject({
      state: 'COMPLETED',
    })
    const delta = await exported(client, { mode: 'delta', since: snapshotAt })
    expect((await rowsOf(pathOf(delta), 'enrollments.csv')).map((row) => [row['sourcedId'], row['status']])).toEqual([
      ['enrollment-s3', 'tobedeleted'],
    ])
  })
  const askJob = async (id: string) =>
    (await askAs(hub, `{ exportJob(id: "${id}") { snapshotAt rowsWritten } }`)).exportJob

  it('is known to itself and to who sees all, and to no other client with the same schools', async () => {
    const [mine, other, admin] = [await clientOf(['second']), await clientOf(['second']), await clientOf(null)]
    const id = await exported(mine)
    const admins = await exported(admin)
    expect(await look(mine, id)).toMatchObject({
      visibleSchools: ['second'],
      downloadUrl: expect.stringMatching(/^http/),
    })
    expect(await look(admin, id)).toMatchObject({ id })
    for (const [client, job] of [
      [other, id],
      [mine, admins],
    ] as const) {
      expect(await look(client, job)).toBeNull()
      await expect(askAs(hub, `mutation { cancelExport(id: "${job}") { id } }`, {}, client)).rejects.toThrow(
        /no export/,
      )
      await expect(open(client, job)).rejects.toThrow(/not there any more/)
    }
    const list = '{ exportJobs { total items { id createdBy } } }'
    expect((await askAs(hub, list, {}, mine)).exportJobs).toEqual({
      total: 1,
      items: [{ id, createdBy: mine.clientId }],
    })
    expect((await askAs(hub, list, {}, other)).exportJobs).toEqual({ total: 0, items: [] })
    expect((await askAs(hub, list, {}, admin)).exportJobs.total).toBeGreaterThan(2)
  })

  it('is out of reach once the client may see less, by id, list and a link from before; and back with the schools', async () => {
    const wide = await clientOf(['school', 'second'])
    const id = await exported(wide)
    ;(await open(wide, id)).content.destroy()
    const narrow = await changedTo(wide, ['second'])
    expect(await look(narrow, id)).toBeNull()
    expect((await askAs(hub, '{ exportJobs { total } }', {}, narrow)).exportJobs.total).toBe(0)
    await expect(open(narrow, id)).rejects.toThrow(/not there any more/)
    const again = await changedTo(wide, ['second', 'school'])
    expect(await look(again, id)).toMatchObject({ id })
    ;(await open(again, id)).content.destroy()
    await hub.owner.query('update api_clients set revoked_at = now() where client_id = $1', [wide.clientId])
    await expect(open(again, id)).rejects.toThrow(/not there any more/)
  })

  it('of everything is not for a client that got schools since', async () => {
    const client = await clientOf(null)
    const id = await exported(client)
    const narrow = await changedTo(client, ['second'])
    expect(await look(narrow, id)).toBeNull()
    await expect(open(narrow, id)).rejects.toThrow(/not there any more/)
  })

  it('that waited shows what the client could see both when it asked and when its turn came', async () => {
    await atRest()
    const clients = await Promise.all([
      clientOf(['school', 'second']),
      clientOf(null),
      clientOf(['second']),
      clientOf(['school']),
    ])
    const ids = await Promise.all(clients.map((client) => queueExport(hub, base, client)))
    const then = [['second', 'closed'], ['second'], null, ['second']]
    const now: Identity[] = []
    for (const [at, client] of clients.entries()) now.push(await changedTo(client, then[at]!))
    await atWork()
    const seen = [['second'], ['second'], ['second'], []]
    for (const [at, id] of ids.entries()) {
      expect(await exportEnded(hub, id)).toMatchObject({ state: 'COMPLETED' })
      expect(await look(now[at]!, id)).toMatchObject({ visibleSchools: seen[at] })
      expect(await idsOf(id, 'orgs.csv')).toEqual(seen[at]!.length ? ['district', 'second'] : [])
      expect(await idsOf(id, 'users.csv')).toEqual(seen[at]!.length ? ['s3', 't1'] : [])
    }
  })

  it.each([
    ['was revoked', 'revoked_at = now()'],
    ['has run out', `expires_at = now() - interval '1 second'`],
    ['lost the scope', `scopes = '{x}'`],
  ])('that waited is never written when its client %s', async (_what, change) => {
    await atRest()
    const client = await clientOf(['second'])
    const id = await queueExport(hub, base, client)
    await hub.owner.query(`update api_clients set ${change} where client_id = $1`, [client.clientId])
    await atWork()
    expect(await exportEnded(hub, id)).toMatchObject({ state: 'CANCELLED', fileName: null })
    expect(existsSync(pathOf(id))).toBe(false)
    const event = `select client_id, object_ids from audit_events where tenant_id = $1 and operation = 'withdrawExport' and client_id = $2`
    const { rows } = await hub.owner.query(event, [hub.tenantId, client.clientId])
    expect(rows).toEqual([{ client_id: client.clientId, object_ids: [id] }])
  })
})
