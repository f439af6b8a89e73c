import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../platform/projectRoot'
import { createAdmin } from '../../subgraphs/access/createAdmin'
import { ask, bearer } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'

const run = promisify(execFile)

/** `npm run admin:create`: the way to the first administrator of a board. */
describe('the first administrator', () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub('one machine')
  })
  afterAll(() => hub?.close())

  it('is made with its tenant, and may make clients from there on', async () => {
    const made = await createAdmin(hub.config, { tenant: 'mirai-shi', name: 'みらい市教育委員会', contact: '情報担当' })
    if ('existing' in made) throw new Error('there was one')
    const admin = await bearer(hub, made)
    const { data } = await ask(hub, '{ tenant { code name } clients { items { clientId contact } } }', {}, admin)
    expect(data.tenant).toEqual({ code: 'mirai-shi', name: 'みらい市教育委員会' })
    expect(data.clients.items).toEqual([{ clientId: made.clientId, contact: '情報担当' }])
    const scopes = (await ask(hub, '{ self { scopes } }', {}, admin)).data.self.scopes
    const input = { name: 'Vendor', scopes }
    const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientId } }'
    expect((await ask(hub, create, { input }, admin)).errors).toBeUndefined()
    expect((await ask(hub, '{ users { total } }', {}, { 'x-api-key': made.apiKey })).data).toEqual({
      users: { total: 0 },
    })
    const trail = await ask(hub, '{ auditEvents { items { operation clientId objectIds } } }', {}, admin)
    expect(trail.data.auditEvents.items).toContainEqual({
      operation: 'createClient',
      clientId: 'admin:create',
      objectIds: [made.clientId],
    })
  })

  it('is made once, however often and by however many the command is given', async () => {
    const wanted = { tenant: 'once' }
    const made = await Promise.all(Array.from({ length: 4 }, () => createAdmin(hub.config, wanted)))
    const fresh = made.filter((each) => 'apiKey' in each)
    expect(fresh).toHaveLength(1)
    const [first] = fresh as { clientId: string }[]
    expect(await createAdmin(hub.config, wanted)).toEqual({ tenant: 'once', existing: first!.clientId })
    expect(await createAdmin(hub.config, { ...wanted, another: true })).toHaveProperty('apiKey')
  })

  it('is made anew when the one before has ended', async () => {
    const wanted = { tenant: 'ended' }
    const first = await createAdmin(hub.config, wanted)
    await askDatabase(hub.config.databaseUrl, 'update api_clients set revoked_at = now() where client_id = $1', [
      (first as { clientId: string }).clientId,
    ])
    expect(await createAdmin(hub.config, wanted)).toHaveProperty('apiKey')
  })

  it('is not made for a wrong code, and the reason is told', async () => {
    for (const tenant of ['', 'Mirai', 'a b', '-x', 'x'.repeat(64), "x'; drop table tenants; --"]) {
      await expect(createAdmin(hub.config, { tenant })).rejects.toThrow('--tenant must be a code')
    }
    await expect(createAdmin(hub.config, { tenant: 'x', name: ' ' })).rejects.toThrow('1 to 200')
  })

  it('tells what stands in the way: no server, no tables, the wrong login', async () => {
    const { databaseUrl, databaseAppUrl } = hub.config
    const elsewhere = (change: (url: URL) => void) => {
      const url = new URL(databaseUrl)
      change(url)
      return createAdmin({ databaseUrl: url.href }, { tenant: 'x' }).then(
        () => 'made',
        (error: Error) => error.message,
      )
    }
    expect(await elsewhere((url) => (url.port = '1'))).toMatch(/cannot be reached at DATABASE_URL/)
    expect(await elsewhere((url) => (url.pathname = 'postgres'))).toMatch(/npm run migrate/)
    expect(await elsewhere((url) => (url.pathname = 'nowhere'))).toMatch(/does not exist/)
    await expect(createAdmin({ databaseUrl: databaseAppUrl }, { tenant: 'x' })).rejects.toThrow(/owns the tables/)
  })

  it('is printed once by the command, and nothing but a sentence the second time', async () => {
    const bootstrap = path.join(projectRoot, 'scripts/bootstrap.cjs')
    const command = (...args: string[]) =>
      run(process.execPath, [bootstrap, 'subgraphs/access/createAdmin', ...args], {
        env: { ...process.env, ...hub.database.env },
      })
    const first = await command('--tenant', 'by-hand', '--json')
    const made = JSON.parse(first.stdout) as { clientId: string; clientSecret: string }
    expect((await bearer(hub, made)).authorization).toMatch(/^Bearer /)
    const second = await command('--tenant', 'by-hand')
    expect(second.stdout).toContain(made.clientId)
    expect(second.stdout + second.stderr).not.toMatch(/rhs_|rhk_/)
    await expect(command()).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('--tenant') })
    await expect(command('--tenant', 'A')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('code') })
  })
})
