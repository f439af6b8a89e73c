import { scopes } from '../../oneroster/scopes'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'
import { createApiClient } from '../support/roster'

/** A client with an address list is let in from there only, and nobody can say with a header that he is somewhere else. */
describe.each([
  ['no proxy', '0', 'one machine'],
  ['one proxy', '1', 'one process per service'],
  ['proxies by address', 'loopback, 198.51.100.0/24', 'one machine'],
] as const)('address lists behind %s', (_what, trusted, topology) => {
  let hub: Hub
  let apiKey: string
  beforeAll(async () => {
    hub = await startHub(topology, { env: { TRUST_PROXY: trusted } })
    const allowedAddresses = ['192.0.2.0/24', '2001:db8::/32', '::ffff:203.0.113.9']
    const wanted = { scopes: [scopes.roster], allowedAddresses }
    apiKey = (await createApiClient(hub.database.ownerUrl, hub.tenantId, wanted)).apiKey
  })
  afterAll(() => hub?.close())

  const allowed = [
    '192.0.2.7',
    '::ffff:192.0.2.7',
    '2001:db8::1',
    '2001:DB8:0::0001',
    '203.0.113.9',
    '::ffff:cb00:7109',
  ]
  const refused = ['192.0.3.7', '2001:db9::1', '203.0.113.8', '127.0.0.1', '::1', '0.0.0.0', 'nonsense', '']

  async function statusFrom(forwarded: string): Promise<number[]> {
    const headers = { 'x-api-key': apiKey, 'x-forwarded-for': forwarded }
    const rest = await fetch(`${hub.restUrl}${base}/orgs`, { headers })
    const graphql = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ orgs { total } }' }),
    })
    return [rest.status, graphql.status]
  }

  it('go by the address that the proxy saw, IPv4 and IPv6 in every spelling', async () => {
    for (const address of allowed) {
      expect([address, ...(await statusFrom(address))]).toEqual([
        address,
        ...(trusted === '0' ? [403, 403] : [200, 200]),
      ])
    }
    for (const address of refused) expect([address, ...(await statusFrom(address))]).toEqual([address, 403, 403])
  })

  it('do not believe what the client itself wrote before the proxy', async () => {
    expect(await statusFrom('192.0.2.7, 192.0.3.7')).toEqual([403, 403])
    // The proxy at 198.51.100.4 is believed where it is named; as a bare hop it is just an address that is not on the list.
    const isNamed = trusted.includes('198.51.100')
    expect(await statusFrom('192.0.2.7, 198.51.100.4')).toEqual(isNamed ? [200, 200] : [403, 403])
  })

  it('do not believe other headers that name an address', async () => {
    for (const name of ['x-real-ip', 'forwarded', 'x-client-ip', 'true-client-ip', 'x-rosterhub-address']) {
      for (const value of ['192.0.2.7', 'for=192.0.2.7', '192.0.2.7;9999999999;c2lnbmF0dXJl']) {
        const response = await fetch(`${hub.restUrl}${base}/orgs`, { headers: { 'x-api-key': apiKey, [name]: value } })
        expect([name, response.status]).toEqual([name, 403])
      }
    }
  })
})
