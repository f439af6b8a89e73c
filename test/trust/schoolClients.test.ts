import { Client } from 'pg'
import { entities } from '../../oneroster/model'
import { columnOf } from '../../oneroster/fields'
import { scopes } from '../../oneroster/scopes'
import { district } from '../rest/district'
import { ask } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** What an administrator can do with the schools of a client, and what a client with schools cannot do. */
describe('clients that may see some schools', () => {
  let hub: Hub
  let admin: Record<string, string>
  beforeAll(async () => {
    hub = await startHub('one process per service', { roster: district })
    admin = { 'X-API-Key': hub.clients.admin.apiKey }
  })
  afterAll(() => hub?.close())

  const readScopes = [scopes.rosterCore, scopes.roster]
  const create = `mutation ($input: CreateClientInput!) { createClient(input: $input) { apiKey clientId client { schools } } }`
  async function made(schools: string[] | null, wanted: string[] = readScopes) {
    const input = { name: 'School vendor', scopes: wanted, withApiKey: true, ...(schools ? { schools } : {}) }
    return ask(hub, create, { input }, admin)
  }
  const configure = (clientId: string, settings: string) =>
    ask(hub, `mutation { configureClient(clientId: "${clientId}", ${settings}) { schools } }`, {}, admin)
  async function schoolsSeen(apiKey: string) {
    const response = await fetch(`${hub.restUrl}${base}/schools`, { headers: { 'X-API-Key': apiKey } })
    const { orgs } = (await response.json()) as { orgs: { sourcedId: string }[] }
    return { total: response.headers.get('x-total-count'), ids: orgs.map((org) => org.sourcedId) }
  }

  it('sees its schools; a change holds from its next request on, by key and by token', async () => {
    const { data } = await made(['school-1'])
    const { apiKey, clientId, client } = data.createClient
    expect(client.schools).toEqual(['school-1'])
    expect(await schoolsSeen(apiKey)).toEqual({ total: '1', ids: ['school-1'] })
    expect((await configure(clientId, 'schools: ["school-2", "school-0"]')).data.configureClient.schools).toEqual([
      'school-2',
      'school-0',
    ])
    expect(await schoolsSeen(apiKey)).toEqual({ total: '2', ids: ['school-0', 'school-2'] })
    expect(
      (await configure(clientId, 'oneroster11: { jsonBooleans: true }')).data.configureClient.schools,
    ).toHaveLength(2)
    expect((await configure(clientId, 'schools: null')).data.configureClient.schools).toHaveLength(2)
    expect((await configure(clientId, 'everySchool: true')).data.configureClient.schools).toBeNull()
    expect((await schoolsSeen(apiKey)).total).toBe('4')
    const listed = await ask(hub, '{ clients { items { clientId schools } } }', {}, admin)
    expect(listed.data.clients.items).toContainEqual({ clientId, schools: null })
  })

  it('callers with and without schools, in turns and at once, each see their own', async () => {
    const one = (await made(['school-1'])).data.createClient.apiKey
    const two = (await made(['school-2'])).data.createClient.apiKey
    const all = hub.clients.vendor.apiKey
    const asked = Array.from({ length: 30 }, (_value, n) => [one, two, all][n % 3]!)
    const totals = await Promise.all(asked.map(async (key) => (await schoolsSeen(key)).ids.join()))
    expect(totals).toEqual(
      asked.map((key) => (key === all ? 'closed,school-0,school-1,school-2' : key === one ? 'school-1' : 'school-2')),
    )
  })

  it('who is at another school is unknown, and no filter tells of it', async () => {
    const key = (await made(['school-1'])).data.createClient.apiKey
    const get = async (path: string) => {
      const response = await fetch(`${hub.restUrl}${base}${path}`, { headers: { 'X-API-Key': key } })
      return { status: response.status, text: await response.text() }
    }
    const unknown = await get('/users/nobody')
    for (const path of [
      '/users/user-0000',
      '/students/user-0030',
      '/classes/class-2',
      '/orgs/school-0',
      '/enrollments/enrollment-0-0',
    ]) {
      expect((await get(path)).status).toBe(404)
    }
    expect((await get('/users/user-0000')).text).toBe(unknown.text)
    const hidden = encodeURIComponent(`roles.org.sourcedId='school-0'`)
    expect(JSON.parse((await get(`/users?filter=${hidden}`)).text)).toEqual({ users: [] })
    const { text } = await get('/users?limit=300')
    expect(text).not.toMatch(/school-0|school-2|user-0000/)
    expect(text).toContain('school-1')
  })

  it.each([
    ['schools: []', 'an empty list'],
    [`schools: ["a b"]`, 'what is no sourcedId'],
    [`schools: ["school-1"], everySchool: true`, 'both at once'],
  ])('%s is refused: %s', async (settings) => {
    const { clientId } = (await made(null)).data.createClient
    expect((await configure(clientId, settings)).errors[0]!.extensions.code).toBe('INVALID_DATA')
  })

  it('does nothing but read, whatever it was given', async () => {
    const refused = await made(['school-1'], [...readScopes, scopes.imports])
    expect(refused.errors[0]!.extensions.code).toBe('INVALID_DATA')
    const strong = (
      await made(null, [
        ...readScopes,
        scopes.rosterWrite,
        scopes.imports,
        scopes.exports,
        scopes.clients,
        scopes.audit,
      ])
    ).data.createClient
    expect((await configure(strong.clientId, 'schools: ["school-1"]')).errors[0]!.extensions.code).toBe('INVALID_DATA')
    // As if somebody had written it into the database.
    await asOwner(hub, `update api_clients set schools = '{school-1}' where client_id = '${strong.clientId}'`)
    await configure(strong.clientId, 'oneroster11: {}')
    for (const attempt of [
      'mutation { createOrg(input: { sourcedId: "x", name: "x", type: "school", identifier: "" }) { sourcedId } }',
      'mutation { updateOrg(sourcedId: "school-1", input: { name: "x" }) { sourcedId } }',
      'mutation { deleteUser(sourcedId: "user-0001") { sourcedId } }',
      `mutation { configureClient(clientId: "${strong.clientId}", everySchool: true) { schools } }`,
      'mutation { createClient(input: { name: "x", scopes: ["urn:rosterhub:scope:clients"] }) { apiKey } }',
      '{ importJobs { total } }',
      '{ clients { total } }',
      '{ auditEvents { total } }',
    ]) {
      const { errors } = await ask(hub, attempt, {}, { 'X-API-Key': strong.apiKey })
      expect([attempt, errors?.[0]?.extensions.code]).toEqual([attempt, 'FORBIDDEN'])
    }
    expect(await schoolsSeen(strong.apiKey)).toEqual({ total: '1', ids: ['school-1'] })
  })
})

describe('the restricted role, the second lock', () => {
  let hub: Hub
  let app: Client
  beforeAll(async () => {
    hub = await startHub('one machine', { roster: district })
    app = new Client({ connectionString: hub.database.appUrl })
    await app.connect()
    await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(hub.tenantId)])
    await app.query('set role rosterhub_restricted')
  })
  afterAll(async () => {
    await app?.end()
    await hub?.close()
  })

  it.each([
    'users',
    'roles',
    'orgs',
    'enrollments',
    'demographics',
    'class_members',
    'class_users',
    'user_classes',
    'org_users',
    'api_clients',
    'audit_events',
    'import_jobs',
    'roster_state',
  ])('cannot read public.%s', async (table) => {
    await expect(app.query(`select * from public.${table}`)).rejects.toMatchObject({ code: '42501' })
  })

  it('has every column of the model that is served, no secret and no stored document', async () => {
    for (const entity of Object.values(entities)) {
      const { fields } = await app.query(`select * from visible.${entity.table}`)
      const names = fields.map((field) => field.name)
      expect(names).toEqual(expect.arrayContaining(entity.fields.filter((field) => !field.secret).map(columnOf)))
      for (const field of entity.fields) if (field.secret) expect(names).not.toContain(columnOf(field))
      expect(names).not.toContain('document')
    }
  })

  it('shows nothing while no schools are set, and can write nothing', async () => {
    for (const { table } of Object.values(entities)) {
      expect((await app.query(`select * from visible.${table}`)).rowCount).toBe(0)
      await expect(app.query(`delete from visible.${table}`)).rejects.toMatchObject({
        code: expect.stringMatching(/42501|55000/),
      })
    }
  })
})

const asOwner = (hub: Hub, statement: string) => askDatabase(hub.database.ownerUrl, statement)
