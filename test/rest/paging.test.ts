import { district } from './district'
import { base, filter, get, linksOf, recordsOf, request, type Json } from './rest'
import { dataOf } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

/** Follows next until there is none. */
async function readAll(hub: Hub, path: string): Promise<{ records: Json[]; pages: number[] }> {
  const records: Json[] = []
  const pages: number[] = []
  for (let url: string | undefined = hub.restUrl + base + path; url;) {
    const answer = await request(hub, url)
    expect(answer.status).toBe(200)
    records.push(...recordsOf(answer))
    pages.push(recordsOf(answer).length)
    url = linksOf(answer)['next']
  }
  return { records, pages }
}
const idsOf = (records: Json[]) => records.map(({ sourcedId }) => sourcedId as string)

describe.each(topologies)('chapter 6, paging; %s', (topology) => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub(topology, { roster: district })
  })
  afterAll(() => hub?.close())

  test.each([
    '/users?limit=50',
    '/users?limit=53&sort=givenName&orderBy=desc',
    `/users?limit=20&${filter("status='tobedeleted' OR givenName~'o'")}`,
    '/enrollments?limit=100&sort=beginDate',
    '/schools/school-1/students?limit=7&fields=sourcedId,grades',
    '/demographics?limit=23&sort=asian',
  ])('following next through %s reads each record once, in the order of one big page', async (path) => {
    const whole = await get(hub, path.replace(/limit=\d+/, 'limit=10000'))
    const { records, pages } = await readAll(hub, path)
    expect(records).toEqual(recordsOf(whole))
    expect(whole.headers.get('x-total-count')).toBe(String(records.length))
    const limit = Number(/limit=(\d+)/.exec(path)![1])
    expect(pages.slice(0, -1).every((rows) => rows === limit)).toBe(true)
    expect(pages.at(-1)).toBeGreaterThan(0)
    expect(new Set(idsOf(records)).size).toBe(records.length)
  })

  test('a page is what the graph renders, to the byte', async () => {
    const authorization = `Bearer ${hub.token()}`
    const page = await fetch(`${hub.restUrl}${base}/users?limit=60`, { headers: { authorization } })
    const { users } = await dataOf(hub, '{ users(limit: 60) { rendered total } }', {}, { authorization })
    const documents = (users.rendered as string).replaceAll('\u0001', hub.restUrl + base)
    expect(await page.text()).toBe(`{"users":[${documents}]}`)
    expect(documents.length).toBeGreaterThan(10_000)
    expect(users.total).toBe(265)
  })

  test('a plain offset reads the same', async () => {
    const whole = recordsOf(await get(hub, '/users?limit=1000&sort=familyName'))
    for (const offset of [0, 1, 99, 264, 265, 100_000]) {
      const page = await get(hub, `/users?limit=40&offset=${offset}&sort=familyName`)
      expect(recordsOf(page)).toEqual(whole.slice(offset, offset + 40))
      expect(page.headers.get('x-total-count')).toBe('265')
    }
  })

  test('no limit means 100, and a limit of more than 10,000 means 10,000', async () => {
    expect(recordsOf(await get(hub, '/users'))).toHaveLength(100)
    const big = await get(hub, '/users?limit=50000')
    expect(recordsOf(big)).toHaveLength(265)
    expect(linksOf(big)['first']).toContain('limit=10000&')
  })

  test('first, prev, next and last are absolute, repeat the parameters, and lead where they say', async () => {
    const page = await get(hub, `/users?fields=sourcedId,email&limit=30&offset=60&${filter("status='active'")}`)
    const links = linksOf(page)
    expect(Object.keys(links)).toEqual(['first', 'prev', 'next', 'last'])
    for (const url of Object.values(links)) {
      expect(url.startsWith(`${hub.restUrl}${base}/users?`)).toBe(true)
      const query = new URL(url).searchParams
      expect(query.get('fields')).toBe('sourcedId,email')
      expect(query.get('filter')).toBe("status='active'")
      expect(query.get('limit')).toBe('30')
      expect(url).not.toContain(',')
    }
    const all = recordsOf(await get(hub, `/users?fields=sourcedId,email&limit=1000&${filter("status='active'")}`))
    const total = Number(page.headers.get('x-total-count'))
    expect(total).toBe(all.length)
    const start = Math.floor((total - 1) / 30) * 30
    const parts = { first: all.slice(0, 30), prev: all.slice(30, 60), next: all.slice(90, 120), last: all.slice(start) }
    for (const [relation, records] of Object.entries(parts)) {
      expect(recordsOf(await request(hub, links[relation]!))).toEqual(records)
    }
  })

  test('a full last page has no next, the first page no prev', async () => {
    const links = linksOf(await get(hub, '/users?limit=53&offset=212'))
    expect(links).not.toHaveProperty('next')
    expect(linksOf(await get(hub, '/users?limit=265'))).toEqual({ first: expect.anything(), last: expect.anything() })
  })

  test.each([
    ['no JSON', 'sort=beginDate', 'x'],
    ['a day that does not exist', 'sort=beginDate', '["2026-02-30","e"]'],
    ['a time that does not exist', 'sort=dateLastModified', '["2026-02-30 00:00:00+00","e"]'],
    ['an hour that does not exist', 'sort=dateLastModified', '["2026-02-20 24:61:00+00","e"]'],
    ['a position of another order', 'sort=dateLastModified', '["Yamada","e"]'],
  ])('a position that no link has is refused: %s', async (_what, sort, position) => {
    const after = position === 'x' ? 'x' : Buffer.from(position).toString('base64url')
    const { status, json } = await request(hub, `${base}/enrollments?${sort}&after=${after}`)
    expect([status, json.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue]).toEqual([400, 'invaliddata'])
  })

  test('links under the alias lead to the standard path, as hrefs do', async () => {
    const answer = await request(hub, '/ims/oneroster/v1p2/users?limit=1')
    expect(linksOf(answer)['next']).toContain(`${hub.restUrl}${base}/users?`)
    expect(recordsOf(answer)[0].roles[0].org.href).toBe(`${hub.restUrl}${base}/orgs/school-0`)
  })

  test('nothing found is an empty page with a total of 0', async () => {
    const answer = await get(hub, `/users?${filter("status='norecords'")}`)
    expect(answer.json).toEqual({ users: [] })
    expect(answer.headers.get('x-total-count')).toBe('0')
  })
})
