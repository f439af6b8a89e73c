import { scopes } from '../../oneroster/scopes'
import { trail } from './audit'
import { ask, bearer, dataOf, requestToken } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, topologies, type Hub } from '../support/hub'

/** Who may, looks into the trail and takes it along; who fails to log in stands in it. */
describe.each(topologies)('the audit trail as asked for: %s', (topology) => {
  let hub: Hub
  let admin: { authorization: string }
  beforeAll(async () => {
    hub = await startHub(topology)
    admin = await bearer(hub, hub.clients.admin)
  })
  afterAll(() => hub?.close())

  const asAdmin = (query: string, variables = {}) => dataOf(hub, query, variables, admin)
  async function addEvents(count: number, requestId: string) {
    await askDatabase(
      hub.database.ownerUrl,
      `insert into audit_events (tenant_id, at, client_id, operation, object_kind, object_count, request_id)
       select tenant_id, now() - make_interval(secs => n / 2), 'paged', 'readUsers', 'user', n, $2
       from tenants, generate_series(1, $1) n where code = 'sample'`,
      [count, requestId],
    )
  }

  it('comes by pages that neither repeat nor miss an event, however many came at the same moment', async () => {
    await addEvents(25, 'paged')
    const query = `query ($after: String) { auditEvents(filter: { clientId: "paged" }, limit: 4, after: $after) {
      total next items { id objectCount } } }`
    const counts: number[] = []
    let after: string | null = null
    do {
      const { auditEvents }: any = await asAdmin(query, { after })
      expect(auditEvents.total).toBe(25)
      counts.push(...auditEvents.items.map((event: any) => event.objectCount))
      after = auditEvents.next
    } while (after)
    expect(new Set(counts).size).toBe(25)
    expect(counts).toHaveLength(25)
    for (const wrong of ['nonsense', Buffer.from(`2026-01-01T00:00:00Z 1; drop`).toString('base64url')]) {
      const { errors } = await ask(hub, query, { after: wrong }, admin)
      expect(errors[0]!.extensions.code).toBe('INVALID_PAGE')
    }
  })

  it('is not looked through for a moment that is none, nor in whole for an empty value', async () => {
    for (const moment of ['', 'x', '5', '2026-02-30T00:00:00Z', ['2026-04-01T00:00:00Z'], { year: 2026 }]) {
      const query = 'query ($t: DateTime) { auditEvents(filter: { since: $t }) { total } }'
      const literal = JSON.stringify(moment).replace('"year"', 'year')
      for (const [asked, t] of [
        [query, moment],
        [`{ auditEvents(filter: { until: ${literal} }) { total } }`],
      ] as const) {
        expect((await ask(hub, asked, { t }, admin)).errors[0]!.extensions.code).toBe('INVALID_DATA')
      }
    }
    expect((await asAdmin('{ auditEvents(filter: { clientId: "" }) { total } }')).auditEvents.total).toBe(0)
    expect((await asAdmin('{ auditEvents(filter: { clientId: null }) { total } }')).auditEvents.total).toBeGreaterThan(
      0,
    )
  })

  it('comes as CSV for people, which no spreadsheet runs, and that it was taken is in it', async () => {
    await addEvents(1, '=HYPERLINK("http://evil.example","x")')
    const query = `query ($after: String) { auditEventsCsv(filter: { clientId: "paged" }, limit: 20, after: $after) { csv rows next } }`
    const first = (await asAdmin(query)).auditEventsCsv
    const second = (await asAdmin(query, { after: first.next })).auditEventsCsv
    expect([first.rows, second.rows, second.next]).toEqual([20, 6, null])
    const lines = (first.csv + second.csv).trim().split('\r\n')
    expect(lines).toHaveLength(27)
    expect(lines[0]).toBe(
      'id,at,clientId,operation,objectKind,objectCount,objectIds,parentIds,filters,address,requestId',
    )
    expect(lines.find((line: string) => line.includes('HYPERLINK'))).toMatch(/,"'=HYPERLINK/)
    const [event] = (await asAdmin('{ auditEvents(limit: 1) { items { operation objectCount } } }')).auditEvents.items
    expect(event).toEqual({ operation: 'exportAuditEvents', objectCount: 6 })
  })

  it('is for clients with the scope of it', async () => {
    const vendor = await bearer(hub, hub.clients.vendor)
    for (const query of ['{ auditEvents { total } }', '{ auditEventsCsv { csv } }']) {
      expect((await ask(hub, query, {}, vendor)).errors[0]!.extensions.code).toBe('FORBIDDEN')
    }
  })

  it('holds every failed login: of a known client in its tenant, of a stranger in nobody’s, never what was tried', async () => {
    const { vendor } = hub.clients
    const wrong = `${vendor.clientSecret.slice(0, -2)}xx`
    const key = `${vendor.apiKey.slice(0, -2)}xx`
    const before = (await trail(hub.database.ownerUrl)).length
    await requestToken(hub, { clientId: vendor.clientId, clientSecret: wrong })
    await requestToken(hub, { clientId: 'rhc_stranger_山田', clientSecret: wrong })
    await ask(hub, '{ users { total } }', {}, { 'x-api-key': key })
    const input = { name: 'x', scopes: [scopes.roster], allowedAddresses: ['192.0.2.1'] }
    const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientId clientSecret } }'
    const elsewhere = (await asAdmin(create, { input })).createClient
    await requestToken(hub, elsewhere)
    const events = (await trail(hub.database.ownerUrl)).slice(before)
    expect(events.map((event) => [event.operation, event.object_kind, event.client_id, event.tenant_id > 0])).toEqual([
      ['loginFailed', 'clientSecret', vendor.clientId, true],
      ['loginFailed', 'clientSecret', '', false],
      ['loginFailed', 'apiKey', vendor.clientId, true],
      ['createClient', 'ApiClient', hub.clients.admin.clientId, true],
      ['loginFailed', 'address', elsewhere.clientId, true],
    ])
    expect(JSON.stringify(events)).not.toMatch(/山田|stranger/)
    expect(JSON.stringify(events)).not.toContain(wrong)
    const list = '{ auditEvents(filter: { operation: "loginFailed" }) { items { clientId address } } }'
    expect((await asAdmin(list)).auditEvents.items).toHaveLength(3)
  })

  it('the key of a client that has ended fills no trail: it is throttled like a guess', async () => {
    const input = { name: 'ended', scopes: [scopes.roster], withApiKey: true }
    const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientId apiKey } }'
    const { clientId, apiKey } = (await asAdmin(create, { input })).createClient
    await asAdmin('mutation ($id: ID!) { revokeClient(clientId: $id) { clientId } }', { id: clientId })
    const codes: unknown[] = []
    for (let attempt = 0; attempt < 25; attempt++) {
      const { errors } = await ask(hub, '{ users { total } }', {}, { 'x-api-key': apiKey })
      codes.push(errors[0]!.extensions.code)
    }
    expect([codes[0], codes.at(-1)]).toEqual(['UNAUTHENTICATED', 'SERVER_BUSY'])
    const events = (await trail(hub.database.ownerUrl)).filter((event) => event.client_id === clientId)
    expect(events.length).toBeGreaterThan(0)
    expect(events.length).toBeLessThanOrEqual(20)
  })
})
