import { Client } from 'pg'
import { scopes } from '../../oneroster/scopes'
import { insertClient, makeCredentials } from '../../subgraphs/access/clients'
import { base, startHub, type Hub } from '../rest/hub'

/** A client with an address list is let in from there only, and nobody can say with a header that he is somewhere else. */
describe.each([
  ['no proxy', '0', 'one machine'],
  ['one proxy', '1', 'one process per service'],
  ['proxies by address', 'loopback, 198.51.100.0/24', 'one machine'],
] as const)('address lists behind %s', (_what, trusted, topology) => {
  let hub: Hub
  let apiKey: string
  beforeAll(async () => {
    hub = await startHub(topology, {}, { TRUST_PROXY: trusted })
    apiKey = await clientFor(hub, ['192.0.2.0/24', '2001:db8::/32', '::ffff:203.0.113.9'])
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
    const rest = await fetch(`${hub.url}${base}/orgs`, { headers })
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
        const response = await fetch(`${hub.url}${base}/orgs`, { headers: { 'x-api-key': apiKey, [name]: value } })
        expect([name, response.status]).toEqual([name, 403])
      }
    }
  })
})

async function clientFor(hub: Hub, allowedAddresses: string[]): Promise<string> {
  const made = await makeCredentials(true)
  const wanted = { name: 'x', description: null, contact: null, scopes: [scopes.roster], expiresAt: null }
  const owner = new Client({ connectionString: hub.database.ownerUrl })
  await owner.connect()
  await insertClient(owner, hub.tenantId, { ...wanted, allowedAddresses, withApiKey: true }, made)
  await owner.end()
  return made.apiKey!
}
