import { scopes } from '../../oneroster/scopes'
import { setClock } from '../support/clock'
import { ask, bearer, dataOf, requestToken } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, topologies, type Hub } from '../support/hub'

/** Clients and their credentials, from creation to the end. */
describe.each(topologies)('clients: %s', (topology) => {
  let hub: Hub
  let admin: { authorization: string }
  beforeAll(async () => {
    hub = await startHub(topology)
    admin = await bearer(hub, hub.clients.admin)
  })
  afterAll(() => hub?.close())
  afterEach(() => void jest.useRealTimers())

  const query = '{ users { total } }'
  const open = { users: { total: 0 } }
  const create = `mutation ($input: CreateClientInput!) { createClient(input: $input) {
    clientId clientSecret apiKey client { name contact scopes allowedAddresses apiKeyPrefix expiresAt } } }`
  const update = `mutation ($id: ID!, $input: UpdateClientInput!) { updateClient(clientId: $id, input: $input) {
    name description contact scopes allowedAddresses expiresAt } }`
  const rotate = `mutation ($id: ID!, $grace: Int) { rotateClient(clientId: $id, graceSeconds: $grace) {
    clientId clientSecret apiKey previousValidUntil } }`
  const revoke = 'mutation ($id: ID!) { revokeClient(clientId: $id) { clientId revokedAt } }'

  const must = (text: string, variables = {}) => dataOf(hub, text, variables, admin)
  async function newClient(input: object = {}) {
    const wanted = { name: 'Test', scopes: [scopes.rosterCore], withApiKey: true, ...input }
    return (await must(create, { input: wanted })).createClient
  }
  const withKey = (apiKey: string) => ask(hub, query, {}, { 'x-api-key': apiKey })
  const codeOf = async (text: string, variables: object, headers: Record<string, string> = admin) =>
    (await ask(hub, text, variables as Record<string, unknown>, headers)).errors?.[0]?.extensions.code

  it('are made with a secret and a key that work and that nothing shows again', async () => {
    const made = await newClient({ name: '第一ベンダー', allowedAddresses: ['127.0.0.0/8', '::1'] })
    expect(made.clientSecret).toMatch(/^rhs_/)
    expect(made.apiKey.startsWith(`${made.client.apiKeyPrefix}.`)).toBe(true)
    expect((await withKey(made.apiKey)).data).toEqual(open)
    expect((await ask(hub, query, {}, await bearer(hub, made))).data).toEqual(open)
    const text = 'select * from api_clients where client_id = $1'
    const stored = JSON.stringify(await askDatabase(hub.database.ownerUrl, text, [made.clientId]))
    expect(stored).toContain('$2b$10$')
    expect(stored).not.toContain(made.clientSecret)
    expect(stored).not.toContain(made.apiKey.split('.')[1])
    const { clients } = await must('{ clients { total items { clientId name } } }')
    expect(clients.items[0]).toEqual({ clientId: made.clientId, name: '第一ベンダー' })
    expect(clients.total).toBe(clients.items.length)
  })

  it('are refused at once when revoked: key, token and secret', async () => {
    const made = await newClient()
    const token = await bearer(hub, made)
    expect((await withKey(made.apiKey)).data).toEqual(open)
    expect((await ask(hub, query, {}, token)).data).toEqual(open)
    const revoked = (await must(revoke, { id: made.clientId })).revokeClient
    expect(revoked.revokedAt).toMatch(/Z$/)
    expect((await withKey(made.apiKey)).status).toBe(401)
    expect((await ask(hub, query, {}, token)).status).toBe(401)
    expect((await requestToken(hub, made)).errors[0]!.extensions.code).toBe('UNAUTHENTICATED')
    expect((await must(revoke, { id: made.clientId })).revokeClient).toEqual(revoked)
    expect(await codeOf(rotate, { id: made.clientId })).toBe('CONFLICT')
  })

  it('lose their old credentials at once when rotated without a grace time', async () => {
    const made = await newClient()
    expect((await withKey(made.apiKey)).data).toEqual(open)
    const after = (await must(rotate, { id: made.clientId })).rotateClient
    expect(after.previousValidUntil).toBeNull()
    expect((await withKey(made.apiKey)).status).toBe(401)
    expect((await requestToken(hub, made)).errors).toHaveLength(1)
    expect((await withKey(after.apiKey)).data).toEqual(open)
    expect((await requestToken(hub, after)).data.issueToken.tokenType).toBe('Bearer')
  })

  it('keep their old credentials for the grace time, and not longer', async () => {
    const made = await newClient()
    const after = (await must(rotate, { id: made.clientId, grace: 60 })).rotateClient
    const end = Date.parse(after.previousValidUntil)
    for (const time of [Date.now(), end - 1_000]) {
      setClock(time)
      for (const each of [made, after]) {
        expect((await withKey(each.apiKey)).data).toEqual(open)
        expect((await requestToken(hub, each)).errors).toBeUndefined()
      }
    }
    setClock(end)
    expect((await withKey(made.apiKey)).status).toBe(401)
    expect((await requestToken(hub, made)).errors).toHaveLength(1)
    expect((await withKey(after.apiKey)).data).toEqual(open)
  })

  it('are let in from their addresses only, also when their token is used elsewhere', async () => {
    const made = await newClient({ allowedAddresses: ['192.0.2.0/24', '2001:db8::/32'] })
    const from = (address: string, credentials: object) =>
      hub.gateway.execute({ query, address, requestId: 'test', ...credentials })
    for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1']) {
      expect((await from(address, { apiKey: made.apiKey })).data).toEqual(open)
    }
    for (const address of ['192.0.3.7', '2001:db9::1', '::1', '', 'nonsense']) {
      expect((await from(address, { apiKey: made.apiKey })).errors![0]!.extensions!['code']).toBe('FORBIDDEN')
    }
    expect((await withKey(made.apiKey)).status).toBe(403)
    expect((await requestToken(hub, made)).errors[0]!.extensions.code).toBe('FORBIDDEN')
  })

  it('are changed without new credentials, from the next request on', async () => {
    const described = { name: 'Before', description: 'For grades', contact: 'desk@example.jp' }
    const made = await newClient({ ...described, scopes: [scopes.rosterCore, scopes.roster] })
    const token = await bearer(hub, made)
    const change = (input: object) => must(update, { id: made.clientId, input }).then((data) => data.updateClient)
    expect((await withKey(made.apiKey)).data).toEqual(open)
    expect(await change({ allowedAddresses: ['192.0.2.0/24'] })).toMatchObject(described)
    expect((await withKey(made.apiKey)).status).toBe(403)
    expect((await ask(hub, query, {}, token)).status).toBe(403)
    expect(await change({ allowedAddresses: null, scopes: [scopes.demographics] })).toMatchObject({
      allowedAddresses: [],
      scopes: [scopes.demographics],
    })
    expect((await withKey(made.apiKey)).errors[0]!.extensions.code).toBe('FORBIDDEN')
    expect((await ask(hub, query, {}, token)).errors[0]!.extensions.code).toBe('FORBIDDEN')
    const expiresAt = '2100-01-01T00:00:00.000Z'
    expect(await change({ name: '後', description: null, expiresAt })).toMatchObject({
      ...{ name: '後', description: null, contact: 'desk@example.jp', expiresAt },
    })
    expect(await change({ expiresAt: null, contact: null })).toMatchObject({ expiresAt: null, contact: null })
  })

  it('are changed only by those who could have made them as they are', async () => {
    const limited = await bearer(hub, await newClient({ scopes: [scopes.clients] }))
    const made = await newClient()
    const wrong = (input: object, id = made.clientId, who = limited) => codeOf(update, { id, input }, who)
    expect(await wrong({ name: 'x' })).toBeUndefined()
    expect(await wrong({ scopes: [scopes.imports] })).toBe('FORBIDDEN')
    expect(await wrong({ scopes: [] })).toBe('INVALID_DATA')
    expect(await wrong({ name: null })).toBe('INVALID_DATA')
    expect(await wrong({ allowedAddresses: ['10.0.0.0/33'] })).toBe('INVALID_DATA')
    expect(await wrong({ expiresAt: '2001-01-01T00:00:00Z' })).toBe('INVALID_DATA')
    expect(await wrong({ contact: 'a\u0000b' })).toBe('INVALID_DATA')
    // A wider address list of an administrator would be a way in for whoever has its lost secret.
    expect(await wrong({ allowedAddresses: null }, hub.clients.admin.clientId)).toBe('FORBIDDEN')
    expect(await wrong({ name: 'x' }, 'rhc_nobody')).toBe('UNKNOWN_OBJECT')
    expect(await wrong({ name: 'x' }, made.clientId, await bearer(hub, hub.clients.vendor))).toBe('FORBIDDEN')
    await must(revoke, { id: made.clientId })
    expect(await wrong({ name: 'x' })).toBe('CONFLICT')
  })

  it('end when their time is over', async () => {
    const end = Date.now() + 60_000
    const expiresAt = new Date(end).toISOString()
    const made = await newClient({ expiresAt })
    const token = await bearer(hub, made)
    expect((await withKey(made.apiKey)).data).toEqual(open)
    // A token ends with a whole second, and not after its client.
    setClock(end - 3_000)
    expect((await withKey(made.apiKey)).data).toEqual(open)
    expect((await ask(hub, query, {}, token)).data).toEqual(open)
    setClock(end)
    expect((await withKey(made.apiKey)).status).toBe(401)
    expect((await ask(hub, query, {}, token)).status).toBe(401)
  })

  it('get no more than their maker may give', async () => {
    const input = (...granted: string[]) => ({ input: { name: 'x', scopes: granted } })
    expect(await codeOf(create, input(scopes.demographics))).toBeUndefined()
    expect(await codeOf(create, input('urn:rosterhub:scope:everything'))).toBe('INVALID_DATA')
    expect(await codeOf(create, input())).toBe('INVALID_DATA')
    const clientsOnly = await newClient({ scopes: [scopes.clients] })
    const limited = await bearer(hub, clientsOnly)
    expect(await codeOf(create, input(scopes.roster), limited)).toBeUndefined()
    expect(await codeOf(create, input(scopes.imports), limited)).toBe('FORBIDDEN')
    // Its new secret would be in the answer.
    expect(await codeOf(rotate, { id: hub.clients.admin.clientId }, limited)).toBe('FORBIDDEN')
    expect(await codeOf(create, input(scopes.roster), await bearer(hub, hub.clients.vendor))).toBe('FORBIDDEN')
  })

  it.each([
    ['name', { name: '  ' }],
    ['name', { name: 'a\u0000b' }],
    ['allowedAddresses', { allowedAddresses: ['10.0.0.0/33'] }],
    ['allowedAddresses', { allowedAddresses: ['example.org'] }],
    ['allowedAddresses', { allowedAddresses: ['10.1'] }],
    ['expiresAt', { expiresAt: '2001-01-01T00:00:00Z' }],
    ['expiresAt', { expiresAt: 'tomorrow' }],
    ['expiresAt', { expiresAt: '' }],
    ['expiresAt', { expiresAt: '2099-02-30T00:00:00Z' }],
    ['expiresAt', { expiresAt: { year: 2099 } }],
    ['scopes', { scopes: ['x'] }],
  ])('refuse a wrong %s', async (field, wrong) => {
    const input = { name: 'x', scopes: [scopes.roster], ...wrong }
    const { errors } = await ask(hub, create, { input }, admin)
    expect(errors[0]!.extensions).toMatchObject({ code: 'INVALID_DATA', field })
  })

  it('leave a trail that says who did what', async () => {
    const made = await newClient()
    await must(revoke, { id: made.clientId })
    const list = `query ($filter: AuditEventFilter) { auditEvents(filter: $filter, limit: 3) {
      total items { clientId operation objectKind objectIds objectCount address requestId at } } }`
    const { auditEvents } = await must(list, { filter: { objectKind: 'ApiClient' } })
    expect(auditEvents.items.slice(0, 2)).toMatchObject([
      { operation: 'revokeClient', objectIds: [made.clientId], clientId: hub.clients.admin.clientId },
      { operation: 'createClient', objectIds: [made.clientId], objectCount: 1, address: '127.0.0.1' },
    ])
    expect(await codeOf(list, {}, await bearer(hub, hub.clients.vendor))).toBe('FORBIDDEN')
    const none = await must(list, { filter: { until: '2001-01-01T00:00:00Z' } })
    expect(none.auditEvents.total).toBe(0)
  })

  it('are found by page', async () => {
    const page =
      'query ($limit: Int, $offset: Int) { clients(limit: $limit, offset: $offset) { total items { clientId } } }'
    const { clients } = await must(page, { limit: 1, offset: 1 })
    const all = await must(page)
    expect(clients.items).toEqual([all.clients.items[1]])
    expect(await codeOf(page, { limit: 0 })).toBe('INVALID_PAGE')
    expect(await codeOf(page, { offset: -1 })).toBe('INVALID_PAGE')
    expect(await codeOf('{ client(clientId: "nobody") { name } }', {})).toBeUndefined()
  })
})
