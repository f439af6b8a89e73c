import { countAttacks } from './attacks'
import { ask, bearer } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

/** Threat: one request that costs more than a thousand others. It is refused, quickly, and the hub goes on. */
describe('huge queries', () => {
  const attacks = countAttacks('huge queries')
  let hub: Hub
  let admin: { authorization: string }
  beforeAll(async () => {
    hub = await startHub('one machine')
    admin = await bearer(hub, hub.clients.admin)
    await ask(hub, '{ tenant { code } }', {}, admin)
  })
  afterAll(async () => {
    await hub?.close()
    attacks.report()
  })

  const times = (count: number, make: (n: number) => string, joined = ' ') =>
    Array.from({ length: count }, (_value, n) => make(n)).join(joined)
  const deep = (count: number, open: string, inner: string, close: string) =>
    open.repeat(count) + inner + close.repeat(count)
  /** As text: it is deeper than JSON.stringify can go. */
  const nestedFilter = (count: number) => deep(count, '{"NOT":', '{"name":{"eq":"x"}}', '}')
  /** Three ways on from each org: 12 of these are 7,000 fields, each in a place of its own. */
  const growing = (n: number) =>
    `fragment f${n} on Org { parent { ...f${n + 1} } ${
      n < 10
        ? `students(limit: 1) { items { primaryOrg { ...f${n + 3} } } } teachers(limit: 1) { items { primaryOrg { ...f${n + 3} } } }
           classes(limit: 1) { items { school { ...f${n + 3} } course { org { ...f${Math.min(n + 4, 13)} } } } }`
        : ''
    } }`
  const doubled = (count: number): string =>
    count ? `{"AND":[${doubled(count - 1)},${doubled(count - 1)}]}` : '{"name":{"eq":"x"}}'

  const queries: Record<string, string> = {
    'lists in lists by default values': `query ($n: Int = 10000) { classes(limit: $n) { items { students(limit: $n) { total } } } }`,
    'aliases of a list': `{ ${times(200, (n) => `a${n}: users(limit: 10000) { total }`)} }`,
    'aliases of a field': `{ tenant { ${times(200, (n) => `a${n}: code`)} } }`,
    'aliases in fragments': `{ ...f } fragment f on Query { ${times(100, (n) => `a${n}: tenant { code }`)} }`,
    'parents of parents': `{ orgs { items { ${deep(200, 'parent { ', 'name', ' }')} } } }`,
    'lists in lists': `{ users(limit: 1000) { items { classes(limit: 1000) { items { students(limit: 1000) { total } } } } } }`,
    'children of parents of children': `{ orgs { items { ${deep(3, 'children { parent { ', 'name', ' } }')} } } }`,
    'agents of agents': `{ users { items { ${deep(12, 'agents { ', 'familyName', ' }')} } } }`,
    'lists in lists by a default': `query ($n: Int = 10000) { users(limit: $n) { items { classes(limit: $n) { total } } } }`,
    'lists in lists by fragments': `{ users { items { ...a } } } fragment a on User { classes(limit: 10000) { items { ...b } } } fragment b on Class { students(limit: 10000) { total } }`,
    'fragments in a ring': `{ tenant { ...a } } fragment a on Tenant { ...b } fragment b on Tenant { ...a }`,
    'fragments that double': `{ tenant { ...f0 } } ${times(25, (n) => `fragment f${n} on Tenant { ...f${n + 1} ...f${n + 1} }`)} fragment f25 on Tenant { code }`,
    'fragments that grow': `{ org(sourcedId: "x") { ...f0 } } ${times(12, growing)} fragment f12 on Org { name } fragment f13 on Org { name }`,
    'a fragment deep down': `{ orgs { items { ...a } } } fragment a on Org { ${deep(30, 'parent { ', 'name', ' }')} }`,
    directives: `{ tenant { code ${'@include(if: true) '.repeat(200)} } }`,
    'unknown directives': `{ tenant { code ${'@x '.repeat(500)} } }`,
    tokens: `{ ${'tenant { code } '.repeat(3_000)} }`,
    'the same field again and again': `{ tenant { ${'code '.repeat(3_990)} } }`,
    'brackets alone': '{'.repeat(20_000),
    'brackets in values': `{ user(sourcedId: ${deep(5_000, '[', '1', ']')}) { givenName } }`,
    'objects in values': `{ orgs(filter: ${deep(1_500, '{ NOT: ', '{ name: { eq: "x" } }', ' }')}) { total } }`,
    'a long name': `{ ${'a'.repeat(200_000)} }`,
    'a long text': `{ user(sourcedId: "${'x'.repeat(900_000)}") { givenName } }`,
    'a block of text': `{ user(sourcedId: """${'\\n'.repeat(300_000)}""") { givenName } }`,
    comments: `${'#\n'.repeat(300_000)} { tenant { code } }`,
    operations: times(500, (n) => `query q${n} { tenant { code } }`),
    'a negative limit': '{ users(limit: -1) { total } }',
    'a limit beyond all': '{ users(limit: 2147483647) { items { sourcedId } } }',
    'a number that is none': '{ users(limit: 99999999999999999999) { total } }',
    'a number beyond all in JSON': `mutation { updateOrg(sourcedId: "x", input: { metadata: { a: 1e400 } }) { name } }`,
    'a number of 400 digits in JSON': `mutation { updateOrg(sourcedId: "x", input: { metadata: { a: ${'9'.repeat(400)} } }) { name } }`,
    'introspection of introspection': `{ __schema { types { ${deep(12, 'fields { type { ', 'name', ' } }')} } } }`,
    'variables without end': `query (${times(900, (n) => `$v${n}: Int`, ', ')}) { tenant { code } }`,
  }
  const allowed = [
    'comments',
    'a long text',
    'a block of text',
    'the same field again and again',
    'fragments that double',
  ]

  it.each(Object.entries(queries))('are refused or cheap: %s', async (what, query) => {
    await attack(what, query, {}, allowed.includes(what))
  })

  it('are refused or cheap in variables too', async () => {
    const filter = 'query ($f: OrgFilter) { orgs(filter: $f) { total } }'
    await attack('a filter 5000 deep', filter, `{"f":${nestedFilter(5_000)}}`)
    await attack('a filter that doubles', filter, `{"f":${doubled(13)}}`)
    await attack(
      'a list of 50,000',
      'query ($v: [String!]!) { orgs(filter: { name: { in: $v } }) { total } }',
      {
        v: Array.from({ length: 50_000 }, (_value, n) => `n${n}`),
      },
      true,
    )
    await attack(
      'a limit by variable',
      'query ($n: Int) { users(limit: $n) { items { classes(limit: $n) { total } } } }',
      { n: 10_000 },
    )
    await attack('an array for a number', 'query ($n: Int) { users(limit: $n) { total } }', { n: [1, 2, 3] })
    await attack(
      'the prototype',
      'query ($f: OrgFilter) { orgs(filter: $f) { total } }',
      JSON.parse('{"f":{"__proto__":{"name":{"eq":"x"}},"constructor":1}}'),
    )
  })

  it('are refused as batches and as other media', async () => {
    const query = '{ tenant { code } }'
    const bodies: [string, string, string][] = [
      ['a batch', 'application/json', JSON.stringify(Array.from({ length: 1_000 }, () => ({ query })))],
      ['text', 'text/plain', JSON.stringify({ query })],
      ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(query)}`],
      ['GraphQL as a medium', 'application/graphql', query],
      ['JSON 50,000 deep', 'application/json', '['.repeat(50_000)],
      ['a number', 'application/json', '1'],
      ['nothing', 'application/json', ''],
      ['another charset', 'application/json; charset=shift_jis', JSON.stringify({ query })],
    ]
    for (const [what, type, body] of bodies) {
      const response = await fetch(hub.graphqlUrl, {
        method: 'POST',
        headers: { ...admin, 'content-type': type },
        body,
      })
      attacks.tried(what, response.status >= 400 && response.status < 500, response.status)
    }
  })

  it('are refused as uploads', async () => {
    const operations = '{"query":"{ tenant { code } }"}'
    const deepVariables = `{"query":"{ tenant { code } }","variables":${deep(100_000, '{"a":', '1', '}')}}`
    await upload('variables 100,000 deep', deepVariables, '{"file":["variables.b"]}')
    // A file set there would stay: every caller's `hasOwnProperty.call` is the same.
    const places = [
      'toString',
      'hasOwnProperty',
      'query.split',
      'query.at.bind',
      'variables.push',
      'variables.map.call',
    ]
    for (const place of places)
      await upload(place, `${operations.slice(0, -1)},"variables":[]}`, `{"file":["${place}.x"]}`)
    const everywhere = [Object, Array, String, Function].flatMap(({ prototype }) =>
      ['toString', 'hasOwnProperty', 'split', 'at', 'bind', 'push', 'map', 'call'].map(
        (name) => (prototype as unknown as Record<string, object | undefined>)[name],
      ),
    )
    const spoilt = everywhere.filter((shared) => shared && Object.hasOwn(shared, 'x'))
    attacks.tried('functions that all share', spoilt.length === 0, spoilt.length)
  })

  async function upload(what: string, operations: string, map: string): Promise<void> {
    const body = new FormData()
    body.set('operations', operations)
    body.set('map', map)
    body.set('file', new Blob(['x']), 'x.zip')
    const headers = { ...admin, 'apollo-require-preflight': '1' }
    const { status } = await fetch(hub.graphqlUrl, { method: 'POST', headers, body })
    attacks.tried(what, status === 400, status)
  }

  it('leave the hub as it was', async () => {
    expect((await ask(hub, '{ tenant { code } }', {}, admin)).data.tenant.code).toBe('sample')
  })

  async function attack(what: string, query: string, variables: object | string, mayAnswer = false): Promise<void> {
    const began = process.cpuUsage()
    const given = typeof variables === 'string' ? variables : JSON.stringify(variables)
    const response = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { ...admin, 'content-type': 'application/json' },
      body: `{"query":${JSON.stringify(query)},"variables":${given}}`,
    })
    const { status } = response
    const { errors } = (await response.json()) as { errors?: { message: string; extensions: { code: string } }[] }
    // Not the time on the wall: a machine that is busy with other tests must not make an attack of it.
    const took = process.cpuUsage(began).user / 1000
    const codes = (errors ?? []).map(({ extensions }) => extensions.code)
    const isOurFault = status >= 500 || codes.includes('INTERNAL_SERVER_ERROR')
    const held = !isOurFault && (codes.length > 0 || mayAnswer) && took < 6_000
    attacks.tried(what, held, [status, took, codes, errors?.[0]?.message.slice(0, 200)])
  }
})
