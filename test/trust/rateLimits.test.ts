import { rateLimitOpen } from '../../platform/metrics'
import { openPermits, type Permits } from '../../platform/permits'
import { openRedis } from '../../platform/redis'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { until } from '../support/until'
import { district } from '../rest/district'
import { ask, bearer } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'
import { base } from '../rest/rest'

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe('permits, counted in Redis', () => {
  let database: TestDatabase
  const connections: ReturnType<typeof openRedis>[] = []
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(async () => {
    connections.forEach((redis) => redis.disconnect())
    await database?.drop()
  })

  async function connect() {
    const redis = openRedis(database.redisUrl)
    connections.push(redis)
    await until('Redis is there', () => redis.status === 'ready')
    return redis
  }
  /** At the end of a minute a few more are granted: the window slides. */
  async function farFromTheEdge() {
    const left = 60_000 - (Date.now() % 60_000)
    if (left < 3_000) await pause(left)
  }
  async function granted(permits: Permits, key: string, limit: number, times: number) {
    const taken = await Promise.all(Array.from({ length: times }, async () => permits.take(key, limit)))
    return taken.filter((permit) => permit!.retryAfterSeconds === undefined).length
  }

  it('are granted up to the limit, whoever of several processes is asked', async () => {
    await farFromTheEdge()
    const processes = await Promise.all([connect(), connect(), connect()]).then((all) =>
      all.map((redis) => openPermits(redis)),
    )
    const each = await Promise.all(processes.map((permits) => granted(permits, 'shared', 40, 30)))
    expect(each.reduce((sum, count) => sum + count)).toBe(40)
  })

  it('may differ by a lease, a fiftieth of the limit, for each process', async () => {
    await farFromTheEdge()
    const processes = await Promise.all([connect(), connect()]).then((all) => all.map((redis) => openPermits(redis)))
    const each = await Promise.all(processes.map((permits) => granted(permits, 'leased', 1000, 900)))
    const sum = each.reduce((total, count) => total + count)
    expect(sum).toBeLessThanOrEqual(1000)
    expect(sum).toBeGreaterThanOrEqual(960)
  })

  it('are taken without asking Redis while the lease lasts', async () => {
    const permits = openPermits(await connect())
    const first = await permits.take('hot', 60_000)
    expect(first).toMatchObject({ limit: 60_000, remaining: 59_999 })
    let waits = 0
    for (let number = 0; number < 5_000; number++) {
      const permit = permits.take('hot', 60_000)
      if (permit instanceof Promise) {
        waits++
        await permit
      } else if (number % 100 === 0) await pause(1)
    }
    expect(waits).toBeLessThan(10)
  })

  it('do not come twice around the edge of a window: it slides', async () => {
    const redis = await connect()
    const window = 4_000
    const elapsed = async () => {
      const [seconds, micros] = await redis.time()
      return (Number(seconds) * 1000 + Number(micros) / 1000) % window
    }
    await pause(window - (await elapsed()) + window * 0.7)
    const permits = openPermits(redis, window)
    expect(await granted(permits, 'edge', 20, 30)).toBe(20)
    await pause(window - (await elapsed()) + 20)
    const fresh = openPermits(redis, window)
    expect(await granted(fresh, 'edge', 20, 30)).toBeLessThan(8)
    const refused = await fresh.take('edge', 20)
    expect(refused!.retryAfterSeconds).toBe(1)
    await pause(window * 2)
    expect(await granted(fresh, 'edge', 20, 30)).toBe(20)
  })

  it('are not asked for while Redis is away: everything passes and is counted, and limits are back with it', async () => {
    const away = openRedis('redis://127.0.0.1:1')
    connections.push(away)
    const before = (await rateLimitOpen.get()).values[0]!.value
    const permits = openPermits(away)
    for (let number = 0; number < 10; number++) expect(await permits.take('away', 1)).toBeUndefined()
    expect((await rateLimitOpen.get()).values[0]!.value).toBe(before + 10)
    const redis = await connect()
    const back = openPermits(redis)
    redis.disconnect(true)
    await pause(10)
    await until('Redis is back', async () => (await back.take('back', 1)) !== undefined, 50)
    expect((await back.take('back', 1))!.retryAfterSeconds).toBeGreaterThan(0)
  })
})

describe.each(topologies)('rate limits: %s', (topology) => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub(topology, {
      roster: district,
      env: { RATE_LIMIT_PER_CLIENT: '25', RATE_LIMIT_PER_ADDRESS: '1000000' },
    })
    // Until the gateway has its Redis nothing is limited.
    await until('requests are limited', async () => (await get('/orgs')).headers.has('ratelimit-limit'))
  })
  afterAll(() => hub?.close())

  const authorization = () => ({ authorization: `Bearer ${hub.token()}` })
  const get = (path: string, under = base) => fetch(`${hub.restUrl}${under}${path}`, { headers: authorization() })

  /** The window slides: a few requests may pass again by the time that a test begins. */
  async function refused<Answer extends { status: number }>(send: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const answer = await send()
      if (answer.status === 429) return answer
    }
  }

  it('every answer tells how the client stands, and the last one when to come back', async () => {
    const first = await get('/orgs?limit=1')
    expect(first.headers.get('ratelimit-limit')).toBe('25')
    expect(first.headers.get('ratelimit-policy')).toBe('25;w=60')
    expect(Number(first.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60)
    const remaining = Number(first.headers.get('ratelimit-remaining'))
    expect(remaining).toBeLessThan(25)
    const answers = await Promise.all(Array.from({ length: 40 }, () => get('/orgs?limit=1')))
    const statuses = answers.map(({ status }) => status)
    const passed = statuses.filter((status) => status === 200).length
    expect(passed).toBeGreaterThanOrEqual(remaining)
    // The window slides meanwhile.
    expect(passed).toBeLessThan(remaining + 4)
    const last = answers.find(({ status }) => status === 429)!
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(last.headers.get('ratelimit-remaining')).toBe('0')
    const body = (await last.json()) as any
    expect(body.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue).toBe('server_busy')
    expect(body.imsx_description).toContain('25 a minute')
  })

  it('OneRoster 1.1 and GraphQL refuse in their own words', async () => {
    const older = await refused(() => get('/orgs', '/ims/oneroster/v1p1'))
    expect([older.status, Number(older.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect(((await older.json()) as any).statusInfoSet[0].imsx_codeMinor).toBe('server_busy')
    const graph = await refused(() => ask(hub, '{ orgs { total } }', {}, authorization()))
    expect([graph.status, graph.errors[0]!.extensions.code]).toEqual([429, 'SERVER_BUSY'])
    expect(Number(graph.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(graph.headers.get('ratelimit-remaining')).toBe('0')
  })

  it('links are followed as often as a client may ask, and no more', async () => {
    const { data } = await ask(hub, '{ auditEventsUrl }', {}, await bearer(hub, hub.clients.admin))
    const link = hub.restUrl + new URL(data.auditEventsUrl).pathname
    const answer = await refused(async () => {
      const one = await fetch(link)
      expect([200, 429]).toContain(one.status)
      await one.text()
      return one
    })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('one client’s limit is nothing to another, and may be set', async () => {
    const { admin, demographicsVendor } = hub.clients
    const door = hub
    const credentials = await bearer(door, admin)
    const configure = `mutation ($id: ID!, $limit: Int) { configureClient(clientId: $id, rateLimit: $limit) { rateLimit } }`
    const set = (limit: number | null) => ask(door, configure, { id: demographicsVendor.clientId, limit }, credentials)
    expect((await set(0)).errors[0]!.extensions.code).toBe('INVALID_DATA')
    const { data, headers } = await set(1000)
    expect(data.configureClient.rateLimit).toBe(1000)
    expect(headers.get('ratelimit-limit')).toBe('25')
    const again = await get('/orgs')
    expect([again.status, again.headers.get('ratelimit-limit')]).toEqual([200, '1000'])
    expect((await set(null)).data.configureClient.rateLimit).toBeNull()
    await refused(() => get('/orgs'))
  })
})

describe('limits of an address', () => {
  it('hold before anyone is known, so that they hold for strangers, and for token requests', async () => {
    const hub = await startHub('one machine', { roster: district, env: { RATE_LIMIT_PER_ADDRESS: '30' } })
    try {
      const headers = { authorization: 'Bearer nonsense' }
      const statuses = new Set<number>()
      const isLimited = async () => {
        const { status } = await fetch(`${hub.restUrl}${base}/orgs`, { headers })
        statuses.add(status)
        return status === 429
      }
      await until('the limit is reached', isLimited, 2)
      expect(statuses).toEqual(new Set([401, 429]))
      expect((await fetch(`${hub.restUrl}/downloads/nonsense`)).status).toBe(429)
      const { clientId, clientSecret } = hub.clients.vendor
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      })
      const token = await until('token requests are limited', async () => {
        const answer = await fetch(`${hub.restUrl}/oauth2/token`, { method: 'POST', body })
        return answer.status === 429 && answer
      })
      expect([token.status, ((await token.json()) as any).error]).toEqual([429, 'temporarily_unavailable'])
      expect(Number(token.headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await hub.close()
    }
  })
})
