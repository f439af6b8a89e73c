import jwt from 'jsonwebtoken'
import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import { derivedKey } from '../../platform/config'
import { ask, bearer, requestToken } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

/** Access tokens: OAuth 2.0 client credentials (RFC 6749 section 4.4) as JWTs (RFC 8725). */
describe.each(topologies)('access tokens: %s', (topology) => {
  let hub: Hub
  let token: string
  beforeAll(async () => {
    hub = await startHub(topology)
    token = (await bearer(hub, hub.clients.vendor)).authorization.slice('Bearer '.length)
  })
  afterAll(() => hub?.close())

  const query = '{ users { total } }'
  const withHeader = (authorization: string) => ask(hub, query, {}, { authorization })

  /** A token like a real one, but for what is given. */
  function forged(claims: object = {}, options: jwt.SignOptions = {}, key?: string): string {
    const { header, payload } = jwt.decode(token, { complete: true })!
    const all = { ...(payload as object), ...claims }
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return jwt.sign(given, key ?? derivedKey(hub.config.secret, 'access token'), {
      algorithm: 'HS256',
      keyid: header.kid!,
      ...options,
    })
  }

  it('open the door, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await withHeader(`${scheme} ${token}`)).data).toEqual({ users: { total: 0 } })
    }
    // The same way of making one, so that what is refused below is refused for what was changed.
    expect((await withHeader(`Bearer ${forged()}`)).data).toEqual({ users: { total: 0 } })
  })

  it('are refused when anything about them is wrong', async () => {
    const now = Math.floor(Date.now() / 1000)
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
    const wrong: Record<string, string> = {
      'another audience': forged({ aud: 'rosterhub:subgraph' }),
      'another issuer': forged({ iss: 'somebody' }),
      expired: forged({ exp: now - 1 }),
      'no expiry': forged({ exp: undefined }),
      'not valid yet': forged({ nbf: now + 60 }),
      'another key id': forged({}, { keyid: 'other' }),
      'another key': forged({}, {}, 'a-key-of-somebody-else'),
      'another algorithm': forged({}, { algorithm: 'HS512' }),
      'no tenant': forged({ tenant: undefined }),
      'another tenant': forged({ tenant: 999 }),
      'an unknown client': forged({ client_id: 'rhc_nobody' }),
      'algorithm none': `${none}.${payload}.`,
      'algorithm none with a signature': `${none}.${payload}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'a changed payload': `${header}.${Buffer.from('{"client_id":"x"}').toString('base64url')}.${signature}`,
      'not a token': 'abc',
      empty: '',
    }
    for (const [what, bad] of Object.entries(wrong)) {
      const answer = await withHeader(`Bearer ${bad}`)
      expect([what, answer.status, answer.data]).toEqual([what, 401, undefined])
    }
    expect((await withHeader(`Basic ${token}`)).status).toBe(401)
    expect((await withHeader(token)).status).toBe(401)
  })

  it('never open more than was granted, nor more than the client may do today', async () => {
    const narrow = await bearer(hub, hub.clients.admin, scopes.rosterCore)
    expect((await ask(hub, query, {}, narrow)).data).toEqual({ users: { total: 0 } })
    expect((await ask(hub, '{ clients { total } }', {}, narrow)).errors[0]!.extensions.code).toBe('FORBIDDEN')
    const { clientId } = hub.clients.vendor
    const { tenant } = jwt.decode(token) as { tenant: number }
    const greedy = signAccessToken({ clientId, tenantId: tenant, scopes: [scopes.clients] }, hub.config.secret, 60)
    expect((await ask(hub, '{ clients { total } }', {}, { authorization: `Bearer ${greedy}` })).errors).toHaveLength(1)
  })

  it('hold the scopes that were asked for and are allowed', async () => {
    const granted = async (scope?: string) => {
      const { data, errors } = await requestToken(hub, hub.clients.vendor, scope)
      return data?.issueToken.scope ?? errors[0]!.extensions['oauthError']
    }
    expect(await granted()).toBe(`${scopes.rosterCore} ${scopes.roster}`)
    expect(await granted(scopes.roster)).toBe(scopes.roster)
    expect(await granted(`${scopes.roster} ${scopes.demographics} urn:unknown`)).toBe(scopes.roster)
    expect(await granted(scopes.roster.replace('https:', 'http:'))).toBe(scopes.roster)
    expect(await granted(scopes.demographics)).toBe('invalid_scope')
  })

  it('are not given for a wrong pair, and nothing tells which half was wrong', async () => {
    const { clientId, clientSecret } = hub.clients.demographicsVendor
    const swapped = hub.clients.vendor.clientSecret
    const pairs = [
      { clientId, clientSecret: swapped },
      { clientId: 'rhc_000000000000000000000000', clientSecret },
      { clientId, clientSecret: '' },
      { clientId: "' or 1=1 --", clientSecret },
      { clientId: 'nul\0byte', clientSecret },
    ]
    const answers = []
    for (const pair of pairs) answers.push((await requestToken(hub, pair)).errors)
    for (const errors of answers) expect(errors).toEqual(answers[0])
    expect(answers[0]![0]!.extensions).toEqual({ code: 'UNAUTHENTICATED', oauthError: 'invalid_client' })
  })

  it('cannot be guessed for: the eleventh wrong secret in a minute is not even looked at', async () => {
    const { clientId } = hub.clients.admin
    const wrong = { clientId, clientSecret: 'wrong' }
    const codes = []
    // More than two windows' worth, in case a window ends in between.
    for (let attempt = 0; attempt < 21; attempt++)
      codes.push((await requestToken(hub, wrong)).errors[0]!.extensions.code)
    expect(codes[0]).toBe('UNAUTHENTICATED')
    expect(codes).toContain('SERVER_BUSY')
    expect(codes.filter((code) => code === 'UNAUTHENTICATED').length).toBeLessThanOrEqual(20)
    const other = await requestToken(hub, hub.clients.vendor)
    expect(other.errors).toBeUndefined()
  })

  it('cannot be guessed for from the addresses of one network of IPv6, which are as many as anybody likes', async () => {
    const query = 'mutation { issueToken(clientId: "rhc_guessed", clientSecret: "wrong") { scope } }'
    const codes = []
    for (let attempt = 0; attempt < 21; attempt++) {
      const address = `2001:db8:0:9::${attempt.toString(16)}`
      const { errors } = await hub.gateway.execute({ query, address, requestId: 'test' })
      codes.push(errors![0]!.extensions!['code'])
    }
    expect(codes[0]).toBe('UNAUTHENTICATED')
    expect(codes).toContain('SERVER_BUSY')
  })
})
