import { signDownload } from '../../platform/downloadLink'
import { ask } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, topologies, type Hub } from '../support/hub'

/** The audit trail as one file: a link for who may read the trail, and only for as long as that is so. */
describe.each(topologies)('the audit trail as a file: %s', (topology) => {
  let hub: Hub
  let admin: Record<string, string>
  beforeAll(async () => {
    hub = await startHub(topology, { env: { PUBLIC_URL: 'https://roster.example.jp' } })
    admin = { 'X-API-Key': hub.clients.admin.apiKey }
  })
  afterAll(() => hub?.close())

  const linkQuery = 'query ($filter: AuditEventFilter) { auditEventsUrl(filter: $filter) }'
  const asked = (filter: object, headers = admin) => ask(hub, linkQuery, { filter }, headers)
  const linkTo = async (filter: object): Promise<string> => (await asked(filter)).data.auditEventsUrl
  const follow = (url: string) => fetch(url.replace('https://roster.example.jp', hub.restUrl))
  const asOwner = (text: string, values: unknown[] = []) => askDatabase(hub.database.ownerUrl, text, values)
  const addEvents = (count: number, clientId: string) =>
    asOwner(
      `insert into audit_events (tenant_id, at, client_id, operation, object_kind, object_count, request_id)
       select $3, now() - make_interval(secs => n / 7), $2, 'readUsers', 'user', n, '=1+1' from generate_series(1, $1) n`,
      [count, clientId, hub.tenantId],
    )

  it('holds every event of the filter once, newest first, for people and spreadsheets, and leaves its trace', async () => {
    await addEvents(4_500, 'long')
    await addEvents(3, 'short')
    const url = await linkTo({ clientId: 'long' })
    expect(url).toMatch(/^https:\/\/roster\.example\.jp\/downloads\//)
    const response = await follow(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-length')).toBeNull()
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"$/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const [header, ...lines] = (await response.text()).trimEnd().split('\r\n')
    expect(header).toMatch(/^id,at,clientId,operation/)
    const cells = lines.map((line) => line.split(','))
    expect(new Set(cells.map(([id]) => id)).size).toBe(4_500)
    expect(lines).toHaveLength(4_500)
    expect(cells.map(([, at]) => at)).toEqual(
      cells
        .map(([, at]) => at)
        .sort()
        .reverse(),
    )
    expect(lines[0]).toContain(`'=1+1`)
    const taken = await asOwner(
      `select sum(object_count)::integer as events, count(*)::integer as pages, min(client_id) as client from audit_events
       where tenant_id = $1 and operation = 'exportAuditEvents'`,
      [hub.tenantId],
    )
    expect(taken).toEqual([{ events: 4_500, pages: 3, client: hub.clients.admin.clientId }])
  })

  it('comes in smaller pieces where events name many records, and all of it comes', async () => {
    await asOwner(
      `insert into audit_events (tenant_id, at, client_id, operation, object_kind, object_ids, object_count, request_id)
       select $1, now() - make_interval(secs => n / 2), 'heavy', 'readUserByReference', 'user',
         array(select 'user-' || i from generate_series(1, 40000) i), 40000, 'r' || n from generate_series(1, 11) n`,
      [hub.tenantId],
    )
    const page = `query ($after: String) { auditEventsCsv(filter: { clientId: "heavy" }, limit: 100, after: $after) { rows next } }`
    const rows: number[] = []
    for (let after: string | null = null; ;) {
      const { data } = await ask(hub, page, { after }, admin)
      rows.push(data.auditEventsCsv.rows)
      after = data.auditEventsCsv.next
      if (after === null) break
    }
    expect(rows).toEqual([3, 3, 3, 2])
    const all = await ask(hub, '{ auditEvents(filter: { clientId: "heavy" }) { items { objectCount } } }', {}, admin)
    expect(all.data.auditEvents.items).toHaveLength(11)
    const lines = (await (await follow(await linkTo({ clientId: 'heavy' }))).text()).trimEnd().split('\r\n').slice(1)
    expect(lines.map((line) => line.split(',')[10]).sort()).toEqual(
      Array.from({ length: 11 }, (_v, n) => `r${n + 1}`).sort(),
    )
  })

  it('with no filter, or one that finds nothing, is the whole trail or the names of the columns', async () => {
    const all = await (await follow(await linkTo({}))).text()
    expect(all.split('\r\n').length).toBeGreaterThan(4_503)
    const none = await (await follow(await linkTo({ clientId: 'nobody', since: null }))).text()
    expect(none.trimEnd().split('\r\n')).toHaveLength(1)
  })

  it('is not for callers without the scope, and not for filters that cannot be', async () => {
    const { errors } = await asked({}, { 'X-API-Key': hub.clients.vendor.apiKey })
    expect(errors[0]!.extensions.code).toBe('FORBIDDEN')
    for (const filter of [{ since: 'yesterday' }, { clientId: 'x'.repeat(2_000) }]) {
      expect((await asked(filter)).errors[0]!.extensions.code).toBe('INVALID_DATA')
    }
  })

  it('cannot be had by a link that was changed, is over, is another tenant’s or of a client that may not (any more)', async () => {
    const { secret } = hub.config
    const later = new Date(Date.now() + 60_000)
    const { clientId } = hub.clients.admin
    const claims = { kind: 'auditEvents', tenantId: hub.tenantId, clientId, filter: {} } as const
    const status = async (token: string) => (await follow(`https://roster.example.jp/downloads/${token}`)).status
    expect(await status(signDownload(claims, secret, later))).toBe(200)
    const [text, key, signature] = (await linkTo({ clientId: 'short' })).split('/').at(-1)!.split('.') as [
      string,
      string,
      string,
    ]
    const made = JSON.parse(Buffer.from(text, 'base64url').toString())
    expect(made).toMatchObject({ ...claims, filter: { clientId: 'short' } })
    const wider = Buffer.from(JSON.stringify({ ...made, filter: {} })).toString('base64url')
    expect(await status(`${wider}.${key}.${signature}`)).toBe(403)
    expect(await status(signDownload(claims, secret, new Date(Date.now() - 1)))).toBe(403)
    expect(await status(signDownload(claims, 'another secret of another hub', later))).toBe(403)
    expect(await status(signDownload({ ...claims, tenantId: hub.tenantId + 1 }, secret, later))).toBe(404)
    expect(await status(signDownload({ ...claims, clientId: hub.clients.vendor.clientId }, secret, later))).toBe(404)
    expect(await status(signDownload({ ...claims, clientId: 'nobody' }, secret, later))).toBe(404)

    const url = await linkTo({})
    const before = await asOwner('select scopes from api_clients where client_id = $1', [clientId])
    await asOwner(
      `update api_clients set scopes = array_remove(scopes, 'urn:rosterhub:scope:audit') where client_id = $1`,
      [clientId],
    )
    expect((await follow(url)).status).toBe(404)
    await asOwner('update api_clients set scopes = $2, revoked_at = now() where client_id = $1', [
      clientId,
      before[0]!.scopes,
    ])
    expect((await follow(url)).status).toBe(404)
    await asOwner('update api_clients set revoked_at = null where client_id = $1', [clientId])
    expect((await follow(url)).status).toBe(200)
  })
})
