import { ask, bearer, requestToken } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

/** Redis makes credentials cheaper to check; it decides nothing. */
describe('while Redis is away', () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub('one machine', { env: { REDIS_URL: 'redis://127.0.0.1:1' } })
  })
  afterAll(() => hub?.close())

  const query = '{ users { total } }'
  const open = { users: { total: 0 } }

  it('tokens are given and API keys are known', async () => {
    const { vendor } = hub.clients
    expect((await ask(hub, query, {}, await bearer(hub, vendor))).data).toEqual(open)
    expect((await ask(hub, query, {}, { 'x-api-key': vendor.apiKey })).data).toEqual(open)
    expect((await ask(hub, query, {}, { 'x-api-key': `${vendor.apiKey.slice(0, -1)}!` })).status).toBe(401)
  })

  it('guessing is throttled all the same', async () => {
    const codes = []
    for (let attempt = 0; attempt < 21; attempt++) {
      const { errors } = await requestToken(hub, { clientId: 'rhc_guessed', clientSecret: 'wrong' })
      codes.push(errors[0]!.extensions.code)
    }
    expect(codes[0]).toBe('UNAUTHENTICATED')
    expect(codes).toContain('SERVER_BUSY')
  })

  it('a revoked client is refused', async () => {
    const { admin, vendor } = hub.clients
    const token = await bearer(hub, vendor)
    const revoke = `mutation { revokeClient(clientId: "${vendor.clientId}") { revokedAt } }`
    expect((await ask(hub, revoke, {}, await bearer(hub, admin))).errors).toBeUndefined()
    expect((await ask(hub, query, {}, token)).status).toBe(401)
    expect((await ask(hub, query, {}, { 'x-api-key': vendor.apiKey })).status).toBe(401)
  })
})
