import { Client, type Pool } from 'pg'
import { scopes } from '../../oneroster/scopes'
import { log } from '../../platform/log'
import { securityAlerts, securityEvents } from '../../platform/metrics'
import { watchVolumes } from '../../platform/volumeWatch'
import { openPool } from '../support/database'
import { ask, bearer, requestToken } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

/** What an operator hears of attacks: a line and a number for each, an alert for what goes on. */
let hub: Hub
let lines: { level: string; message: string; event?: string; [field: string]: unknown }[] = []

beforeAll(async () => {
  hub = await startHub('one machine', { env: { SECURITY_FAILED_LOGINS: '3', SECURITY_REFUSALS: '5' } })
  for (const level of ['warn', 'error'] as const) {
    jest.spyOn(log, level).mockImplementation(((message: string, fields: object) => {
      lines.push({ level, message, ...fields })
      return log
    }) as never)
  }
})
afterAll(() => hub?.close())
beforeEach(() => void (lines = []))

const told = (event: string) => lines.filter((line) => line.event === event)
async function valueOf(metric: typeof securityEvents, event: string): Promise<number> {
  return (await metric.get()).values.find(({ labels }) => labels.event === event)?.value ?? 0
}

describe('security events', () => {
  it('failed logins are counted, and repeated ones raise one alert', async () => {
    const { vendor } = hub.clients
    const before = [await valueOf(securityEvents, 'loginFailed'), await valueOf(securityAlerts, 'loginFailed')]
    const wrong = `${vendor.clientSecret.slice(0, -2)}xx`
    for (let attempt = 0; attempt < 5; attempt++) await requestToken(hub, { ...vendor, clientSecret: wrong })
    expect(await valueOf(securityEvents, 'loginFailed')).toBe(before[0]! + 5)
    expect(await valueOf(securityAlerts, 'loginFailed')).toBe(before[1]! + 1)
    expect(told('loginFailed')).toMatchObject([
      { level: 'warn', message: 'security event', clientId: vendor.clientId, address: '127.0.0.1' },
      { level: 'error', message: 'security alert', clientId: vendor.clientId, count: 3 },
    ])
    expect(JSON.stringify(lines)).not.toContain(wrong)
  })

  it('guessing beyond its limit is told as well', async () => {
    const statuses: string[] = []
    // Eleven, or more when a minute ends in between.
    while (statuses.length < 21 && statuses.at(-1) !== 'SERVER_BUSY') {
      const { errors } = await requestToken(hub, { clientId: 'rhc_山田太郎', clientSecret: 'rhs_guessed' })
      statuses.push(errors[0]!.extensions.code)
    }
    expect(statuses.at(-1)).toBe('SERVER_BUSY')
    expect(told('rateLimited')).toMatchObject([{ limited: 'credentials', address: '127.0.0.1' }])
    expect(JSON.stringify(lines)).not.toMatch(/山田|guessed/)
  })

  it('scopes that a client lacks are named', async () => {
    const vendor = await bearer(hub, hub.clients.vendor)
    for (let attempt = 0; attempt < 6; attempt++) await ask(hub, '{ demographics { total } }', {}, vendor)
    expect(told('scopeRefused')).toMatchObject([
      { level: 'warn', clientId: hub.clients.vendor.clientId, needed: [scopes.demographics] },
      { level: 'error', count: 5 },
    ])
  })

  it('addresses that a client may not call from are told, with the credential and with the token', async () => {
    const admin = await bearer(hub, hub.clients.admin)
    const create =
      'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientId clientSecret apiKey } }'
    const input = { name: 'x', scopes: [scopes.roster], allowedAddresses: ['192.0.2.1'], withApiKey: true }
    const made = (await ask(hub, create, { input }, admin)).data.createClient
    await ask(hub, '{ users { total } }', {}, { 'x-api-key': made.apiKey })
    expect(told('addressRefused')).toMatchObject([{ clientId: made.clientId, address: '127.0.0.1' }])
    const before = await valueOf(securityEvents, 'addressRefused')
    await requestToken(hub, made)
    expect(await valueOf(securityEvents, 'addressRefused')).toBe(before + 1)
  })

  it('tokens that are none are told without what they say', async () => {
    await ask(hub, '{ users { total } }', {}, { authorization: 'Bearer forged.token.here' })
    expect(told('tokenRefused')).toMatchObject([{ address: '127.0.0.1' }])
    expect(JSON.stringify(lines)).not.toContain('forged')
  })
})

describe('unusual volume', () => {
  const hour = 3_600_000
  const start = Date.UTC(2026, 5, 1)
  let owner: Client, worker: Pool
  beforeAll(async () => {
    owner = new Client({ connectionString: hub.database.ownerUrl })
    await owner.connect()
    worker = openPool(hub.database.workerUrl, 2)
  })
  afterAll(async () => {
    await worker?.end()
    await owner?.end()
  })

  const vendor = () => hub.clients.vendor.clientId
  async function readIn(at: number, records: number, operation = 'readUsers') {
    await owner.query(
      `insert into audit_events (tenant_id, at, client_id, operation, object_kind, object_count, request_id)
       select tenant_id, $1, client_id, $3, 'user', $2, 'v' from api_clients where client_id = $4`,
      [new Date(start + at * hour + 60_000), records, operation, vendor()],
    )
  }
  const watchAt = (at: number) =>
    watchVolumes(worker, { factor: 10, least: 1_000 }, new Date(start + at * hour + 120_000))

  it('is ten times what the client reads in the hours in which it reads, told once an hour', async () => {
    for (const at of [0, 1, 24, 25]) {
      await readIn(at, 500)
      await watchAt(at + 1)
    }
    await readIn(26, 4_900)
    await watchAt(26)
    expect(told('unusualVolume')).toEqual([])
    await readIn(26, 200)
    await readIn(26, 1_000_000, 'updateUser')
    await Promise.all([watchAt(26), watchAt(26)])
    await watchAt(26)
    expect(told('unusualVolume')).toMatchObject([
      { level: 'error', clientId: vendor(), records: 5_100, usual: 500, tenantId: expect.any(Number) },
    ])
  })

  it('adapts: what comes every hour becomes usual', async () => {
    for (const at of [27, 28, 29, 30]) {
      await readIn(at, 5_100)
      await watchAt(at + 1)
    }
    lines = []
    await readIn(31, 5_100)
    await watchAt(31)
    expect(told('unusualVolume')).toEqual([])
  })

  it('a client that is new, or reads little, is no alert', async () => {
    await owner.query('truncate client_volumes')
    await readIn(50, 1)
    await watchAt(51)
    await readIn(51, 900_000)
    await watchAt(51)
    expect(told('unusualVolume')).toEqual([])
  })
})
