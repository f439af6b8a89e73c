import { createApiClient, createTenant } from '../support/roster'
import { ask, bearer, dataOf } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

/** Two boards of education in one hub: what one has, the other does not see, by whatever way it asks. */
describe.each(topologies)('tenants are apart: %s', (topology) => {
  let hub: Hub
  let here: { authorization: string }, there: { authorization: string }
  let thereId: string
  beforeAll(async () => {
    hub = await startHub(topology)
    here = await bearer(hub, hub.clients.admin)
    const { ownerUrl } = hub.database
    const other = await createApiClient(ownerUrl, await createTenant(ownerUrl, 'there'))
    thereId = other.clientId
    there = await bearer(hub, other)
    await must(here, createOrg, { input: { sourcedId: 'same', name: 'こちら', type: 'school', identifier: '1' } })
    await must(here, createOrg, { input: { sourcedId: 'mine', name: 'こちらだけ', type: 'school', identifier: '2' } })
    await must(there, createOrg, { input: { sourcedId: 'same', name: 'あちら', type: 'school', identifier: '3' } })
  })
  afterAll(() => hub?.close())

  const createOrg = 'mutation ($input: CreateOrgInput!) { createOrg(input: $input) { sourcedId } }'

  const must = (credentials: Record<string, string>, query: string, variables = {}) =>
    dataOf(hub, query, variables, credentials)

  it('the same sourcedId is two records', async () => {
    const query = '{ org(sourcedId: "same") { name } orgs { total items { sourcedId } } }'
    // In turns, and often enough that connections and remembered operations are used again.
    for (let round = 0; round < 4; round++) {
      expect((await must(here, query)).org.name).toBe('こちら')
      expect(await must(there, query)).toEqual({
        org: { name: 'あちら' },
        orgs: { total: 1, items: [{ sourcedId: 'same' }] },
      })
    }
  })

  it('a record of the other one does not exist, neither to read nor to change', async () => {
    expect((await must(there, '{ org(sourcedId: "mine") { name } }')).org).toBeNull()
    const filtered = '{ orgs(filter: { OR: [{ sourcedId: { eq: "mine" } }, { name: { contains: "こ" } }] }) { total } }'
    expect((await must(there, filtered)).orgs.total).toBe(0)
    for (const change of [
      'mutation { updateOrg(sourcedId: "mine", input: { name: "x" }) { sourcedId } }',
      'mutation { deleteOrg(sourcedId: "mine") { sourcedId } }',
    ]) {
      expect((await ask(hub, change, {}, there)).errors[0]!.extensions.code).toBe('UNKNOWN_OBJECT')
    }
    expect((await must(here, '{ org(sourcedId: "mine") { name status } }')).org).toEqual({
      name: 'こちらだけ',
      status: 'active',
    })
  })

  it('clients and the trail are one’s own', async () => {
    const query = '{ tenant { code } clients { items { clientId } } auditEvents { items { clientId } } }'
    const theirs = await must(there, query)
    expect(theirs.tenant.code).toBe('there')
    expect(theirs.clients.items).toEqual([{ clientId: thereId }])
    expect(new Set(theirs.auditEvents.items.map((event: { clientId: string }) => event.clientId))).toEqual(
      new Set([thereId]),
    )
    const { clientId } = hub.clients.vendor
    expect((await must(there, `{ client(clientId: "${clientId}") { name } }`)).client).toBeNull()
    for (const change of [`revokeClient(clientId: "${clientId}")`, `rotateClient(clientId: "${clientId}")`]) {
      const { errors } = await ask(hub, `mutation { ${change} { clientId } }`, {}, there)
      expect(errors[0]!.extensions.code).toBe('UNKNOWN_OBJECT')
    }
    expect((await bearer(hub, hub.clients.vendor)).authorization).toMatch(/^Bearer /)
  })
})
