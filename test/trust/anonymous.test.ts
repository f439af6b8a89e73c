import { scopes } from '../../oneroster/scopes'
import { ask, getWithBody, requestToken } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

/** Nobody gets in without a credential; the one thing anybody may do is to ask for a token. */
describe.each(topologies)('without a credential: %s', (topology) => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub(topology)
  })
  afterAll(() => hub?.close())

  const token = 'issueToken(clientId: "x", clientSecret: "y") { accessToken }'
  const refused = {
    'a list': '{ users { total } }',
    'a single record': '{ user(sourcedId: "1") { givenName } }',
    'a mutation': 'mutation { deleteUser(sourcedId: "1") { sourcedId } }',
    'an administrator’s list': '{ clients { total } }',
    'the tenant': '{ tenant { code } }',
    'the type name alone': '{ __typename }',
    introspection: '{ __schema { types { name } } }',
    'a query that is not valid': '{ nothingLikeThis }',
    'a token and something else': `mutation { ${token} deleteUser(sourcedId: "1") { sourcedId } }`,
    'two tokens under aliases': `mutation { a: ${token} b: ${token} }`,
    'a token beside another operation': `mutation a { ${token} } query b { users { total } }`,
    'a token in a fragment': `mutation { ...f } fragment f on Mutation { ${token} }`,
    'a field under the name of a token': '{ issueToken: users { total } }',
  }

  it.each(Object.entries(refused))('refuses %s at the GraphQL door', async (_what, query) => {
    const answer = await ask(hub, query)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.data).toBeUndefined()
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
  })

  it.each(Object.entries(refused))('refuses %s from inside the process', async (_what, query) => {
    const { data, errors } = await hub.gateway.execute({ query, address: '127.0.0.1', requestId: 'test' })
    expect(data ?? null).toBeNull()
    expect(errors?.length).toBeGreaterThan(0)
  })

  it('refuses a GET, an empty body, a batch and an upload', async () => {
    const get = await fetch(`${hub.graphqlUrl}?query={users{total}}`, { headers: { 'apollo-require-preflight': '1' } })
    expect(get.status).toBe(401)
    expect((await fetch(hub.graphqlUrl, { method: 'POST' })).status).toBe(401)
    const json = { 'content-type': 'application/json' }
    expect((await fetch(hub.graphqlUrl, { method: 'POST', headers: json, body: '[]' })).status).toBe(401)
    const form = new FormData()
    form.set('operations', '{}')
    const upload = await fetch(hub.graphqlUrl, {
      method: 'POST',
      body: form,
      headers: { 'apollo-require-preflight': '1' },
    })
    expect(upload.status).toBe(401)
  })

  it('refuses a GET that asks for a token in a body and for something else in its query string', async () => {
    const body = JSON.stringify({ query: `mutation { ${token} }` })
    for (const query of ['{ users { total } }', '{ nothingLikeThis }', '{ __schema { types { name } } }']) {
      const answer = await getWithBody(`${hub.graphqlUrl}?query=${encodeURIComponent(query)}`, {}, body)
      expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    }
  })

  it('reads no large body from strangers', async () => {
    const query = `mutation { issueToken(clientId: "${'x'.repeat(20_000)}", clientSecret: "y") { accessToken } }`
    expect((await ask(hub, query)).status).toBe(413)
  })

  it('gives a token for a client id and its secret', async () => {
    const { data } = await requestToken(hub, hub.clients.vendor)
    expect(data.issueToken).toEqual({
      accessToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      tokenType: 'Bearer',
      expiresIn: 3600,
      scope: `${scopes.rosterCore} ${scopes.roster}`,
    })
  })
})
