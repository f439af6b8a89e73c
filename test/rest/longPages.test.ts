import { connected } from '../support/database'
import { startHub, type Hub } from '../support/hub'
import { base, request } from './rest'

/** A sender may fill a row with a megabyte; ten thousand of them are more than a process can hold. */
describe('a page of long records', () => {
  let hub: Hub
  beforeAll(async () => {
    const org = { status: 'active', dateLastModified: '2026-04-01T00:00:00Z', name: 'School', type: 'school' }
    const orgs = Array.from({ length: 120 }, (_value, n) => ({ ...org, sourcedId: `school-${n}` }))
    hub = await startHub('one machine', { roster: { org: orgs } })
    await connected(hub.database.ownerUrl, (client) =>
      client.query(
        `update orgs set document = left(document, -1) || ',"metadata":{"note":"' || repeat('長', 350000) || '"}}' where tenant_id = $1`,
        [hub.tenantId],
      ),
    )
  })
  afterAll(() => hub?.close())

  it('is refused when it is longer than 100 MB, and comes in pieces', async () => {
    const all = await request(hub, `${base}/orgs?limit=10000`)
    expect([all.status, all.json.imsx_description]).toEqual([400, expect.stringContaining('limit')])
    const few = await request(hub, `${base}/orgs?limit=3`)
    expect(few.json.orgs.map((org: { metadata: { note: string } }) => org.metadata.note.length)).toEqual([
      350_000, 350_000, 350_000,
    ])
    expect((await request(hub, `${base}/orgs?limit=10000&fields=sourcedId`)).json.orgs).toHaveLength(120)
  })
})
