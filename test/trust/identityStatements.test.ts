import jwt from 'jsonwebtoken'
import { signAccessToken } from '../../platform/accessToken'
import { derivedKey } from '../../platform/config'
import { scopes } from '../../oneroster/scopes'
import { identityHeader, signIdentity } from '../../platform/identity'
import { edgeIdentity } from '../../platform/knownClient'
import { startHub, type Hub } from '../support/hub'
import { identityOf } from '../support/roster'

/** A subgraph that somebody reaches directly answers nothing without a statement signed by a gateway of this hub. */
describe('identity statements', () => {
  let hub: Hub
  let tenantId: number
  beforeAll(async () => {
    hub = await startHub('HTTP between processes')
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

  it('open a subgraph when they are a gateway’s', async () => {
    const answer = await post(orgs(), query, signIdentity(identityOf(tenantId), hub.config.secret))
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
    const sign = (options: jwt.SignOptions, signingKey = key) => jwt.sign({ identity }, signingKey, options)
    const [, payload] = signIdentity(identity, secret).split('.')
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
    const wrong = {
      'another secret': signIdentity(identity, 'another secret'),
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

  it('that were captured open no more than what their caller may see, and nothing after their minute', async () => {
    const captured = signIdentity(identityOf(tenantId, [scopes.rosterCore]), hub.config.secret)
    const { subgraphUrls } = hub.config
    const forbidden: [string, string][] = [
      [subgraphUrls.orgs, 'mutation { deleteOrg(sourcedId: "x") { sourcedId } }'],
      [subgraphUrls.users, '{ demographics { total } }'],
      [subgraphUrls.access, '{ clients { total } }'],
      [subgraphUrls.access, '{ clientOfKey(apiKey: "x") { tenantId } }'],
      [subgraphUrls.imports, '{ importJobs { total } }'],
      [subgraphUrls.imports, 'mutation { erasePerson(userSourcedId: "x", reason: OTHER) { id } }'],
    ]
    for (const [url, replayed] of forbidden) {
      const { errors } = await post(url, replayed, captured)
      expect([replayed, errors?.[0].extensions.code]).toEqual([replayed, 'FORBIDDEN'])
    }
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask'] })
    try {
      jest.setSystemTime(Date.now() + 61_000)
      for (const url of Object.values(subgraphUrls)) {
        expect(await post(url, '{ __typename }', captured)).toMatchObject({ status: 401 })
      }
    } finally {
      jest.useRealTimers()
    }
  })

  it('are needed for entities too, and an entity of another tenant is not found', async () => {
    const entities = '{ _entities(representations: [{ __typename: "Org", sourcedId: "x" }]) { ... on Org { name } } }'
    expect((await post(orgs(), entities)).status).toBe(401)
    const nobody = signIdentity(edgeIdentity('test', '127.0.0.1'), hub.config.secret)
    const answer = await post(orgs(), entities, nobody)
    expect(answer.data?._entities?.[0] ?? null).toBeNull()
  })

  it('of a caller do not open what only the gateway may ask', async () => {
    const ask = '{ clientStanding(clientId: "x") { tenantId } }'
    const statement = signIdentity(identityOf(tenantId), hub.config.secret)
    const answer = await post(hub.config.subgraphUrls.access, ask, statement)
    expect(answer.errors![0].extensions.code).toBe('FORBIDDEN')
  })
})
