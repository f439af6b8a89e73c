import { ask, bearer, dataOf } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

/** Both topologies answer alike: in one process, and with HTTP between gateway and subgraphs. */
describe.each(topologies)('the gateway: %s', (topology) => {
  let hub: Hub
  let admin: { authorization: string }

  beforeAll(async () => {
    hub = await startHub(topology)
    admin = await bearer(hub, hub.clients.admin)
    await must(createOrg, { input: org('o1', 'みらい小学校') })
    await must(createOrg, { input: org('o2', 'ひかり中学校') })
  })
  afterAll(() => hub?.close())

  const must = (query: string, variables = {}) => dataOf(hub, query, variables, admin)

  function execute(query: string, variables: Record<string, unknown> = {}, credentials: object = admin) {
    return hub.gateway.execute({ query, variables, address: '127.0.0.1', requestId: 'test', ...credentials })
  }

  it('answers a list with typed fields', async () => {
    const { orgs } = await must('{ orgs(sort: { field: sourcedId, orderBy: asc }) { total items { sourcedId name } } }')
    expect(orgs).toEqual({
      total: 2,
      items: [
        { sourcedId: 'o1', name: 'みらい小学校' },
        { sourcedId: 'o2', name: 'ひかり中学校' },
      ],
    })
  })

  it('answers the same operation again and again, whether it is interpreted, compiled or sent past the planner', async () => {
    const query = 'query one($id: ID!) { org(sourcedId: $id) { name rendered } }'
    const answers = []
    for (let round = 0; round < 4; round++) answers.push(await execute(query, { id: 'o1' }))
    expect(answers[0]!.data).toMatchObject({ org: { name: 'みらい小学校' } })
    for (const answer of answers) expect(answer.data).toEqual(answers[0]!.data)
  })

  it('keeps callers apart when an operation is remembered', async () => {
    const query = '{ orgs { total } }'
    for (let round = 0; round < 3; round++) {
      expect((await execute(query)).data).toEqual({ orgs: { total: 2 } })
      expect((await execute(query, {}, {})).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED')
    }
  })

  it('gives every error a code, in the answer and never as an exception', async () => {
    const code = async (query: string, variables = {}) =>
      (await execute(query, variables)).errors?.map((error) => error.extensions?.['code'])
    expect(await code('{ orgs { total ')).toEqual(['GRAPHQL_PARSE_FAILED'])
    expect(await code('{ nothingLikeThis }')).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(await code('query ($id: ID!) { org(sourcedId: $id) { name } }')).toEqual(['BAD_USER_INPUT'])
    expect(await code('{ orgs(limit: -1) { total } }')).toEqual(['INVALID_PAGE'])
    expect(await code('query a { orgs { total } } query b { orgs { total } }')).toEqual([
      'OPERATION_RESOLUTION_FAILURE',
    ])
    // A second time, from what was remembered.
    expect(await code('{ orgs(limit: -1) { total } }')).toEqual(['INVALID_PAGE'])
  })

  it('does the writes of one operation in order up to the first that fails, whichever subgraphs they are for', async () => {
    const rename = (alias: string, id: string) =>
      `${alias}: updateOrg(sourcedId: "${id}", input: { name: "${alias}" }) { name }`
    const user = (id: string) =>
      `${id}: createUser(input: { sourcedId: "${id}", enabledUser: true, username: "${id}", givenName: "g", familyName: "f" }) { sourcedId }`
    const writes = [rename('done', 'o2'), user('w1'), rename('refused', 'nowhere'), rename('left', 'o2'), user('w2')]
    // The second time all but the first fail; the users would be there already.
    for (const failed of [['refused'], ['w1']]) {
      const { data, errors } = await ask(hub, `mutation { ${writes.join(' ')} }`, {}, admin)
      expect([data, errors.map(({ path }) => path)]).toEqual([null, [failed]])
      expect(
        await must(
          '{ org(sourcedId: "o2") { name } done: user(sourcedId: "w1") { sourcedId } left: user(sourcedId: "w2") { sourcedId } }',
        ),
      ).toEqual({
        org: { name: 'done' },
        done: { sourcedId: 'w1' },
        left: null,
      })
    }
    await must('mutation { updateOrg(sourcedId: "o2", input: { name: "ひかり中学校" }) { name } }')
  })

  it('answers each write of one operation with what it made, of the record and of those it refers to', async () => {
    const update = (id: string, name: string) => `updateOrg(sourcedId: "${id}", input: { name: "${name}" })`
    const below = 'replaceOrg(input: { sourcedId: "below", name: "分校", type: "school", parentSourcedId: "o2" })'
    const writes = [
      `a: ${update('o2', 'first')} { name rendered children { name } }`,
      `b: ${below} { record { status parent { name } } }`,
      `c: ${update('o2', 'second')} { name rendered children { name } }`,
      `d: ${update('below', '本校')} { name parent { name } }`,
      `e: ${update('o2', 'ひかり中学校')} { name children { name } }`,
      `f: deleteOrg(sourcedId: "below") { status parent { name } }`,
    ]
    const { a, c, ...others } = await must(`mutation { ${writes.join(' ')} }`)
    expect([a, c]).toMatchObject([
      { name: 'first', children: [] },
      { name: 'second', children: [{ name: '分校' }] },
    ])
    expect([a, c].map(({ rendered }) => /"name":"(\w+)"/.exec(rendered)?.[1])).toEqual(['first', 'second'])
    expect(others).toEqual({
      b: { record: { status: 'active', parent: { name: 'first' } } },
      d: { name: '本校', parent: { name: 'second' } },
      e: { name: 'ひかり中学校', children: [{ name: '本校' }] },
      f: { status: 'tobedeleted', parent: { name: 'ひかり中学校' } },
    })
  })

  it('hides what only the gateway may ask', async () => {
    const asked = await ask(hub, '{ clientOfKey(apiKey: "x") { clientId } }', {}, admin)
    expect(asked.errors[0]!.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    const { __schema: schema } = await must('{ __schema { queryType { fields { name } } types { name } } }')
    const names = [...schema.queryType.fields, ...schema.types].map(({ name }: { name: string }) => name)
    expect(names).toContain('orgs')
    for (const hidden of ['clientOfKey', 'clientStanding', 'KnownClient', '_entities', '_service', '_Any']) {
      expect(names).not.toContain(hidden)
    }
  })

  it('echoes a harmless request id and replaces any other', async () => {
    const echoed = await ask(hub, '{ tenant { code } }', {}, { ...admin, 'x-request-id': 'trace-1.2:3' })
    expect(echoed.headers.get('x-request-id')).toBe('trace-1.2:3')
    const replaced = await ask(hub, '{ tenant { code } }', {}, { ...admin, 'x-request-id': 'a'.repeat(200) })
    expect(replaced.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('tells health and metrics without a credential', async () => {
    const base = new URL(hub.graphqlUrl).origin
    expect((await fetch(`${base}/health/live`)).status).toBe(200)
    const ready = (await (await fetch(`${base}/health/ready`)).json()) as { checks: Record<string, string> }
    expect(ready.checks).toMatchObject({ users: 'ok', orgs: 'ok', enrollments: 'ok', access: 'ok' })
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('rosterhub_request_duration_seconds')
  })
})

const createOrg = 'mutation ($input: CreateOrgInput!) { createOrg(input: $input) { sourcedId } }'

function org(sourcedId: string, name: string) {
  return { sourcedId, name, type: 'school', identifier: `B1132010000${sourcedId}` }
}
