import { buildSchema, getOperationAST, Kind, parse } from 'graphql'
import { limits, recordsAskedFor } from '../../gateway/limits'
import { ask, bearer } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

/** A district of 50 schools: 50 × 50 × 50 children of parents of children. */
const schools = Array.from({ length: 50 }, (_value, n) => ({
  sourcedId: `school-${n}`,
  type: 'school',
  parentSourcedId: 'district',
}))
const orgs = [{ sourcedId: 'district', type: 'district' }, ...schools].map((org) => ({
  ...{ status: 'active', dateLastModified: '2026-04-01T00:00:00Z', name: org.sourcedId },
  ...org,
}))

/** What one request may ask of the GraphQL door. */
describe('limits of the GraphQL door', () => {
  let hub: Hub
  let admin: { authorization: string }
  beforeAll(async () => {
    hub = await startHub('one machine', { roster: { org: orgs } })
    admin = await bearer(hub, hub.clients.admin)
  })
  afterAll(() => hub?.close())

  const nested = (depth: number) => `{ orgs { items { ${'parent { '.repeat(depth)}name${' }'.repeat(depth)} } } }`

  it('lets the queries of dashboards through', async () => {
    const query = `{ schools(limit: 100) { total items { name
      classes(limit: 20) { items { title course { title } students(limit: 40) { total items { givenName familyName } } } } } } }`
    expect((await ask(hub, query, {}, admin)).data).toEqual({ schools: { total: 50, items: expect.anything() } })
    expect((await ask(hub, nested(10), {}, admin)).errors).toBeUndefined()
  })

  it.each([
    ['too deep', nested(limits.depth), 400],
    ['too many aliases', `{ ${Array.from({ length: limits.aliases + 1 }, (_, i) => `a${i}: tenant { code }`)} }`, 400],
    ['too many tokens', `{ ${'tenant { code } '.repeat(limits.tokens)} }`, 400],
    ['too many records', '{ users(limit: 10000) { items { classes(limit: 100) { items { title } } } } }', 400],
    ['too many bytes', `{ tenant { code } } # ${'x'.repeat(limits.queryBytes)}`, 413],
  ])('refuses what is %s', async (_what, query, status) => {
    const answer = await ask(hub, query, {}, admin)
    expect(answer.data).toBeUndefined()
    expect(answer.errors[0]!.extensions.code).toMatch(
      /^(GRAPHQL_\w+|BAD_USER_INPUT|BAD_REQUEST|INVALID_PAGE|UPLOAD_TOO_LARGE)$/,
    )
    expect(answer.status).toBe(status)
  })

  it('refuses lists without a page that multiply one another', async () => {
    const children = (levels: number): string =>
      levels ? `children { parent { ${children(levels - 1)} } }` : 'children { sourcedId }'
    const { data } = await ask(hub, `{ org(sourcedId: "district") { ${children(1)} } }`, {}, admin)
    expect(data.org.children).toHaveLength(50)
    expect(data.org.children[49].parent.children).toHaveLength(50)
    const { errors } = await ask(hub, `{ org(sourcedId: "district") { ${children(2)} } }`, {}, admin)
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['INVALID_PAGE'])
  })

  it('takes no batch, no form post and nothing that a foreign page could send', async () => {
    const batch = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { ...admin, 'content-type': 'application/json' },
      body: JSON.stringify([{ query: '{ tenant { code } }' }]),
    })
    expect(batch.status).toBe(400)
    const text = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { ...admin, 'content-type': 'text/plain' },
      body: JSON.stringify({ query: '{ tenant { code } }' }),
    })
    expect(text.status).toBe(400)
    const get = await fetch(`${hub.graphqlUrl}?query={tenant{code}}`, { headers: admin })
    expect(get.status).toBe(400)
  })

  it('answers malformed JSON and unknown paths in the form of GraphQL errors', async () => {
    const malformed = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { ...admin, 'content-type': 'application/json' },
      body: '{ "query": ',
    })
    expect(malformed.status).toBe(400)
    expect(await malformed.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    const elsewhere = await fetch(new URL('/elsewhere', hub.graphqlUrl))
    expect(elsewhere.status).toBe(404)
    expect(elsewhere.headers.get('x-content-type-options')).toBe('nosniff')
    expect(elsewhere.headers.get('x-powered-by')).toBeNull()
  })

  it('hides the schema in production', async () => {
    const production = await startHub('one machine', {
      env: {
        NODE_ENV: 'production',
        ROSTERHUB_SECRET: 'a secret of at least thirty-two characters',
      },
    })
    try {
      const credentials = await bearer(production, production.clients.admin)
      const asked = await ask(production, '{ __schema { types { name } } }', {}, credentials)
      expect(asked.data).toBeUndefined()
      const misspelt = await ask(production, '{ user { total } }', {}, credentials)
      expect(JSON.stringify(misspelt.errors)).not.toMatch(/did you mean/i)
    } finally {
      await production.close()
    }
  })
})

describe('records asked for', () => {
  const schema = buildSchema(`
    type Query { users(limit: Int = 100): Page! user: User }
    type Page { items: [User!]! total: Int! }
    type User { name: String friends(limit: Int = 10): Page! agents: [User!]! school: Org }
    type Org { sourcedId: ID! children: [Org!]! parent: Org terms: [Term!]! roles: [Role!]! }
    type Term { sourcedId: ID! }
    type Role { org: Org }`)
  const count = (query: string, variables = {}) => {
    const document = parse(query)
    const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
    return recordsAskedFor(schema, getOperationAST(document)!, fragments, variables)
  }

  it('multiplies the limits on the way down', () => {
    expect(count('{ users { total } }')).toBe(100)
    expect(count('{ users(limit: 5) { items { name } } }')).toBe(5)
    expect(count('{ users(limit: 5) { items { friends { items { name } } } } }')).toBe(5 * 11)
    expect(count('query ($n: Int) { users(limit: $n) { items { name } } }', { n: 7 })).toBe(7)
    expect(count('query ($n: Int) { users(limit: $n) { items { name } } }')).toBe(100)
    expect(count('query ($n: Int = 9) { users(limit: $n) { items { name } } }')).toBe(9)
    expect(count('query ($n: Int = 9) { users(limit: $n) { items { name } } }', { n: 7 })).toBe(7)
    expect(count('{ user { agents { name } } }')).toBe(2)
  })

  it('takes the default that the operation gives a variable for what it is', () => {
    const query = 'query ($n: Int = 50) { users(limit: $n) { items { friends(limit: $n) { items { name } } } } }'
    expect(count(query)).toBe(50 * 51)
    expect(count(query, { n: 7 })).toBe(7 * 8)
  })

  it('counts lists without pages by their usual length where they bring the same records again', () => {
    const ofUsers = (selection: string) => count(`{ users(limit: 10) { items { school { ${selection} } } } }`) / 10 - 2
    expect(ofUsers('terms { sourcedId } roles { org { sourcedId } }')).toBe(3 + 2)
    expect(ofUsers('children { sourcedId }')).toBe(100)
    expect(ofUsers('children { parent { children { sourcedId } } }')).toBe(100 * (1 + 1 + 100))
    const inFragments = '{ user { ...u } users(limit: 1) { items { ...u } } } fragment u on User { school { ...o } }'
    expect(count(`${inFragments} fragment o on Org { children { sourcedId } }`)).toBe(1 + 101 + 1 + 101)
  })

  it('looks into fragments, and is not caught by many of them', () => {
    const spread = '{ users(limit: 2) { items { ...f ... on User { friends { total } } } } }'
    expect(count(`${spread} fragment f on User { friends(limit: 3) { total } }`)).toBe(2 * (1 + 3 + 10))
    const chain = Array.from({ length: 40 }, (_, i) => `fragment f${i} on User { ...f${i + 1} ...f${i + 1} }`).join(' ')
    expect(count(`{ user { ...f0 } } ${chain} fragment f40 on User { name }`)).toBe(1)
  })
})
