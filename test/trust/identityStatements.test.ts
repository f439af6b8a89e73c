import { randomUUID } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { signAccessToken } from '../../platform/accessToken'
import { requestDigest } from '../../platform/boundRequest'
import { derivedKey } from '../../platform/config'
import { signDownload } from '../../platform/downloadLink'
import { scopes } from '../../oneroster/scopes'
import { identityHeader, signIdentity } from '../../platform/identity'
import { edgeIdentity } from '../../platform/knownClient'
import { setClock } from '../support/clock'
import { identityOf } from '../support/roster'
import { startHub, type Hub } from '../support/hub'

/** A subgraph that somebody reaches directly answers nothing without a statement signed by a gateway of this hub. */
describe('identity statements', () => {
  let hub: Hub
  let tenantId: number
  beforeAll(async () => {
    hub = await startHub('one process per service')
    tenantId = 1
  })
  afterAll(() => hub?.close())

  async function post(url: string, query: string, statement?: string) {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(statement === undefined ? {} : { [identityHeader]: statement }),
      },
      body: JSON.stringify({ query }),
    })
    return { status: response.status, ...((await response.json()) as { data?: any; errors?: any[] }) }
  }
  const query = '{ orgs { total } }'
  const orgs = () => hub.config.subgraphUrls.orgs
  /** What a gateway sends along with this query. */
  const statementFor = (subgraph: string, asked: string, identity = identityOf(tenantId), secret = hub.config.secret) =>
    signIdentity(identity, secret, requestDigest(subgraph, JSON.stringify({ query: asked })))

  it('open a subgraph when they are a gateway’s', async () => {
    const answer = await post(orgs(), query, statementFor('orgs', query))
    expect(answer).toMatchObject({ status: 200, data: { orgs: { total: 0 } } })
  })

  it('are asked for by every subgraph', async () => {
    const { subgraphUrls } = hub.config
    for (const url of [subgraphUrls.orgs, subgraphUrls.users, subgraphUrls.enrollments, subgraphUrls.access]) {
      expect(await post(url, '{ __typename }')).toMatchObject({ status: 401 })
    }
  })

  it('are refused when forged, expired, unsigned or meant for something else', async () => {
    const { secret } = hub.config
    const identity = identityOf(tenantId)
    const key = derivedKey(secret, 'identity statement')
    const audience = 'rosterhub:subgraph'
    const digest = requestDigest('orgs', JSON.stringify({ query }))
    const keyid = jwt.decode(statementFor('orgs', query), { complete: true })!.header.kid!
    // All is right in them but for the one thing.
    const sign = (options: jwt.SignOptions, signingKey = key) =>
      jwt.sign({ identity, digest }, signingKey, { keyid, ...options })
    expect(await post(orgs(), query, sign({ audience, expiresIn: 60 }))).toMatchObject({ status: 200 })
    const [, payload] = statementFor('orgs', query).split('.')
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
    const wrong = {
      'another secret': statementFor('orgs', query, identity, 'another secret'),
      'for no request': jwt.sign({ identity }, key, { keyid, audience, expiresIn: 60 }),
      'another audience': sign({ audience: 'rosterhub:api', expiresIn: 60 }),
      expired: sign({ audience, expiresIn: -1 }),
      'another algorithm': sign({ audience, expiresIn: 60, algorithm: 'HS512' }),
      unsigned: `${none}.${payload}.`,
      'an access token': signAccessToken({ clientId: 'x', tenantId, scopes: [] }, secret, 60),
      'the key of access tokens': sign({ audience, expiresIn: 60 }, derivedKey(secret, 'access token')),
      empty: '',
    }
    for (const [what, statement] of Object.entries(wrong)) {
      const { status, data } = await post(orgs(), query, statement)
      expect([what, status, data]).toEqual([what, 401, undefined])
    }
  })

  it('that were captured open the request they were made for and no other', async () => {
    const { subgraphUrls, secret } = hub.config
    const headers = { 'content-type': 'application/json', [identityHeader]: statementFor('orgs', query) }
    const send = async (url: string, body: string, more = {}) => {
      const response = await fetch(url, { method: 'POST', headers: { ...headers, ...more }, body })
      await response.arrayBuffer()
      return response.status
    }
    const body = JSON.stringify({ query })
    expect(await send(orgs(), body)).toBe(200)
    const attacks: [string, string, object?][] = [
      [orgs(), JSON.stringify({ query: '{ orgs(limit: 1) { total } }' })],
      [orgs(), JSON.stringify({ query: 'mutation { deleteOrg(sourcedId: "x") { sourcedId } }' })],
      [orgs(), JSON.stringify({ query, variables: { a: 1 } })],
      [orgs(), JSON.stringify({ query, operationName: 'x' })],
      [orgs(), `${body} `],
      [orgs(), `[${body}]`],
      [orgs(), ''],
      [`${orgs()}?query=%7B__typename%7D`, body],
      [`${orgs()}/`, JSON.stringify({ query: '{ __typename }' })],
      [orgs(), body, { 'content-type': 'text/plain' }],
      [orgs(), body, { 'content-type': 'application/graphql-response+json' }],
      ...[subgraphUrls.users, subgraphUrls.enrollments, subgraphUrls.access, subgraphUrls.imports].map(
        (url): [string, string] => [url, body],
      ),
    ]
    for (const attack of attacks) expect([attack, await send(...attack)]).toEqual([attack, 401])
    const read = { [identityHeader]: headers[identityHeader], 'apollo-require-preflight': 'true' }
    expect((await fetch(`${orgs()}?query=${encodeURIComponent(query)}`, { headers: read })).status).toBe(401)

    const downloads = subgraphUrls.imports.replace('/graphql', '/downloads/')
    const claims = { kind: 'export', tenantId, clientId: 'x', jobId: randomUUID() } as const
    const [mine, other] = [60_000, 61_000].map((later) => signDownload(claims, secret, new Date(Date.now() + later)))
    const statement = signIdentity(identityOf(tenantId), secret, requestDigest('imports', `/downloads/${mine}`))
    const follow = async (token: string) =>
      (await fetch(downloads + token, { headers: { [identityHeader]: statement } })).status
    expect([await follow(mine!), await follow(other!)]).toEqual([404, 401])
  })

  it('of an upload are for its operation: another one is refused before a byte is stored', async () => {
    const { imports } = hub.config.subgraphUrls
    const operations = (source: string) =>
      JSON.stringify({
        query: 'mutation ($file: Upload!, $o: ImportOptions) { importRoster(file: $file, options: $o) { id } }',
        variables: { file: null, o: { source } },
      })
    const statement = signIdentity(
      identityOf(tenantId),
      hub.config.secret,
      requestDigest('imports', operations('mine')),
    )
    const send = async (asked: string) => {
      const form = new FormData()
      form.append('operations', asked)
      form.append('map', '{"file":["variables.file"]}')
      form.append('file', new Blob(['x']), 'roster.zip')
      const headers = { [identityHeader]: statement, 'apollo-require-preflight': 'true' }
      const response = await fetch(imports, { method: 'POST', headers, body: form })
      return { status: response.status, ...((await response.json()) as { data?: any }) }
    }
    expect(await send(operations('another'))).toMatchObject({ status: 401 })
    expect(await send(JSON.stringify({ query: '{ importJobs { total } }', variables: { file: null } }))).toMatchObject({
      status: 401,
    })
    const jobs = '{ importJobs { total } }'
    expect((await post(imports, jobs, statementFor('imports', jobs))).data.importJobs.total).toBe(0)
    expect(await send(operations('mine'))).toMatchObject({
      status: 200,
      data: { importRoster: { id: expect.any(String) } },
    })
  })

  it('open no more than what their caller may see, and nothing after their minute', async () => {
    const core = identityOf(tenantId, [scopes.rosterCore])
    const { subgraphUrls } = hub.config
    const nameOf = (url: string) => Object.entries(subgraphUrls).find(([, its]) => its === url)![0]
    const forbidden: [string, string][] = [
      [subgraphUrls.orgs, 'mutation { deleteOrg(sourcedId: "x") { sourcedId } }'],
      [subgraphUrls.users, '{ demographics { total } }'],
      [subgraphUrls.access, '{ clients { total } }'],
      [subgraphUrls.access, '{ clientOfKey(apiKey: "x") { tenantId } }'],
      [subgraphUrls.imports, '{ importJobs { total } }'],
      [subgraphUrls.imports, 'mutation { erasePerson(userSourcedId: "x", reason: OTHER) { id } }'],
    ]
    for (const [url, replayed] of forbidden) {
      const { errors } = await post(url, replayed, statementFor(nameOf(url), replayed, core))
      expect([replayed, errors?.[0].extensions.code]).toEqual([replayed, 'FORBIDDEN'])
    }
    const captured = Object.values(subgraphUrls).map((url) => [url, statementFor(nameOf(url), '{ __typename }', core)])
    try {
      setClock(Date.now() + 61_000)
      for (const [url, statement] of captured) {
        expect(await post(url!, '{ __typename }', statement)).toMatchObject({ status: 401 })
      }
    } finally {
      jest.useRealTimers()
    }
  })

  it('are needed for entities too, and an entity of another tenant is not found', async () => {
    const entities = '{ _entities(representations: [{ __typename: "Org", sourcedId: "x" }]) { ... on Org { name } } }'
    expect((await post(orgs(), entities)).status).toBe(401)
    const nobody = statementFor('orgs', entities, edgeIdentity('test', '127.0.0.1'))
    const answer = await post(orgs(), entities, nobody)
    expect(answer.data?._entities?.[0] ?? null).toBeNull()
  })

  it('of a caller do not open what only the gateway may ask', async () => {
    const ask = '{ clientStanding(clientId: "x") { tenantId } }'
    const answer = await post(hub.config.subgraphUrls.access, ask, statementFor('access', ask))
    expect(answer.errors![0].extensions.code).toBe('FORBIDDEN')
  })
})
