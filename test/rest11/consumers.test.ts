import { request as httpRequest } from 'node:http'
import { administrator, signed } from './clients11'
import { district11 } from './district11'
import { base11 } from './rest11'
import { startHub, type Hub } from '../support/hub'

/** What the big consumers of 1.1 send, as they send it, and what they look at in the answers. */
let hub: Hub
let admin: Awaited<ReturnType<typeof administrator>>
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district11 })
  admin = await administrator(hub)
})
afterAll(async () => {
  await admin?.close()
  await hub?.close()
})

interface Sent {
  readonly status: number
  readonly headers: Record<string, string>
  readonly json: any
}

/** The request line exactly as given, with a body if need be: neither is possible with fetch. */
function send(path: string, headers: Record<string, string>, body?: string): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(hub.restUrl)
    const request = httpRequest({ hostname, port, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response
        const json = JSON.parse(Buffer.concat(chunks).toString())
        resolve({ status, headers: received as Record<string, string>, json })
      })
    })
    request.on('error', reject).end(body)
  })
}

async function tokenOf(authorization: string | undefined, body: string): Promise<Record<string, any>> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(authorization ? { authorization } : {}),
  }
  const response = await fetch(`${hub.restUrl}/oauth2/token`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  return (await response.json()) as Record<string, any>
}

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

describe('Microsoft School Data Sync', () => {
  let get: (path: string) => Promise<Sent>
  beforeAll(async () => {
    const { clientId, clientSecret } = hub.clients.vendor
    const { access_token: token } = await tokenOf(basic(clientId, clientSecret), 'grant_type=client_credentials')
    get = (path) => send(`${base11}${path}`, { authorization: `Bearer ${token}` })
  })

  test.each(['academicSessions', 'orgs', 'users', 'classes', 'enrollments', 'courses'])(
    '/%s: first all that is active, then what changed',
    async (collection) => {
      const all = await get(`/${collection}?offset=0&limit=5000&filter=status='active'`)
      expect([all.status, all.headers['content-type']]).toEqual([200, expect.stringContaining('application/json')])
      const rows = all.json[collection]
      expect(Number(all.headers['x-total-count'])).toBe(rows.length)
      for (const row of rows) {
        expect(row.status).toBe('active')
        expect(row.dateLastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        if (collection === 'users') {
          expect([row.username, row.givenName, row.identifier].every(Boolean)).toBe(true)
          expect(row.orgs.length).toBeGreaterThan(0)
        }
        if (collection === 'orgs') expect([row.name, row.type, row.identifier].every(Boolean)).toBe(true)
      }
      const one = await get(`/${collection}?offset=0&limit=1`)
      const third = await get(`/${collection}?offset=2&limit=1`)
      expect(third.json[collection][0].sourcedId).not.toBe(one.json[collection][0].sourcedId)
      const since = '2026-03-01T00:00:00.000Z'
      const changed = await get(`/${collection}?limit=5000&filter=dateLastModified%3E'${since}'`)
      expect(changed.json[collection].length).toBeGreaterThan(0)
      expect(changed.json[collection].every((row: any) => row.dateLastModified >= since)).toBe(true)
      expect(changed.json[collection].length).toBeGreaterThanOrEqual(rows.length)
    },
  )

  test('single reads have a total', async () => {
    for (const path of [
      '/schools/school-0',
      '/classes/class-1',
      '/students/user-0031',
      '/teachers/user-0001',
      '/terms/term-0',
    ])
      expect([path, (await get(path)).headers['x-total-count']]).toEqual([path, '1'])
  })

  test('nothing found: an empty list under the right key', async () => {
    expect((await get("/users?filter=status='norecords'")).json).toEqual({ users: [] })
    expect((await get('/schools/1000000/classes')).json).toEqual({ classes: [] })
    expect((await get("/schools/1000000/enrollments?filter=status='active'")).json).toEqual({ enrollments: [] })
  })

  test('classic calls and a doubled slash', async () => {
    const changed = encodeURI("role='student' AND dateLastModified>'2026-04-01'")
    const students = await get(`/schools/school-0/students?limit=100&filter=${changed}`)
    expect(students.json.users.length).toBeGreaterThan(0)
    expect(students.json.users.every(({ role }: { role: string }) => role === 'student')).toBe(true)
    expect((await get('//classes/class-1')).json.class.sourcedId).toBe('class-1')
    const mail = await get("/users?filter=email='teacher1@example.jp'%20OR%20email~'teacher1@example.jp'")
    expect(mail.json.users).toHaveLength(1)
  })

  test('guardians and students name each other', async () => {
    const { users: guardians } = (await get("/users?filter=role='guardian'&limit=100")).json
    const withAgents = guardians.filter(({ agents }: any) => agents.length)
    expect(withAgents.length).toBeGreaterThan(0)
    for (const guardian of withAgents) {
      for (const { sourcedId } of guardian.agents) {
        const { user: student } = (await get(`/users/${sourcedId}`)).json
        expect(student.role).toBe('student')
        expect(student.agents.map((agent: any) => agent.sourcedId)).toContain(guardian.sourcedId)
      }
    }
  })
})

describe('Moodle enrol_oneroster', () => {
  let get: (path: string) => Promise<Sent>
  beforeAll(async () => {
    const { clientId, clientSecret } = hub.clients.vendor
    const scope = encodeURIComponent('https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly')
    const encoded = basic(encodeURIComponent(clientId), encodeURIComponent(clientSecret))
    const token = await tokenOf(encoded, `grant_type=client_credentials&scope=${scope}`)
    expect(token['expires_in']).toBeGreaterThan(0)
    get = (path) => send(`${base11}${path}`, { authorization: `Bearer ${token['access_token']}` })
  })

  test('a sync: orgs, users by name without orderBy, then school by school', async () => {
    expect((await get('/orgs?limit=200&offset=0')).json.orgs.length).toBeGreaterThan(0)
    const users = []
    for (let offset = 0, more = true; more; offset += 200) {
      const { users: page } = (await get(`/users?sort=familyName&limit=200&offset=${offset}`)).json
      users.push(...page)
      more = page.length === 200
    }
    expect(new Set(users.map(({ sourcedId }) => sourcedId)).size).toBe(users.length)
    for (const user of users) {
      // Iterated without a test, and the login name.
      expect([Array.isArray(user.orgs), Array.isArray(user.agents), user.identifier !== '']).toEqual([true, true, true])
    }
    for (const path of [
      '/orgs/school-0',
      '/schools/school-0/terms',
      '/schools/school-0/classes',
      '/schools/school-0/enrollments',
    ]) {
      const { status, json } = await get(path)
      expect([path, status, 'error' in json]).toEqual([path, 200, false])
    }
    const { classes } = (await get('/schools/school-0/classes')).json
    expect(classes.every(({ terms }: any) => Array.isArray(terms))).toBe(true)
  })

  test("date-only changes, blanks as +, school.sourcedId and class='…'", async () => {
    const { json } = await get("/users?filter=dateLastModified%3E'2026-04-01'+AND+status%3D'active'&sort=familyName")
    expect(json.users.length).toBeGreaterThan(0)
    const { classes } = (await get("/classes?filter=school.sourcedId='school-0'")).json
    expect(classes.every(({ school }: any) => school.sourcedId === 'school-0')).toBe(true)
    const { enrollments } = (await get("/enrollments?filter=class='class-1'")).json
    expect(enrollments.every((each: any) => each.class.sourcedId === 'class-1')).toBe(true)
    expect(enrollments.length).toBeGreaterThan(0)
  })
})

describe('ClassLink', () => {
  test('its tools, signed: page by page to an empty one, and by what was returned', async () => {
    const { clientId, oauth1Secret } = await admin.create({ allowOauth1: true })
    const get = (path: string) => {
      const url = `${hub.restUrl}${base11}${path}`
      return send(`${base11}${path}`, { authorization: signed(url, clientId, oauth1Secret!) })
    }
    for (const collection of ['academicSessions', 'classes', 'courses', 'enrollments', 'orgs', 'users']) {
      let rows = 0
      for (let page = 0; ; page++) {
        const { json } = await get(`/${collection}?limit=100&offset=${page * 100}`)
        const first = Object.values<any>(json)[0]
        if (!first.length) break
        rows += first.length
      }
      const { headers, json } = await get(`/${collection}?limit=10000&offset=0&orderBy=asc`)
      expect(json[collection]).toHaveLength(rows)
      expect([headers['x-total-count'], headers['x-returned-count']]).toEqual([String(rows), String(rows)])
    }
    const { json } = await get('/users?filter=username%3D%27login1%27')
    expect(json.users).toHaveLength(1)
    expect((await get(`/users/${json.users[0].sourcedId}/classes`)).json.classes.length).toBeGreaterThan(0)
    expect((await get('/users?fields=sourcedId&offset=0&limit=1&sort=sourcedId')).json.users).toHaveLength(1)
  })

  test('a GET with a body and a JSON type; credentials in the token body', async () => {
    const { clientId, clientSecret } = hub.clients.vendor
    const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`
    const { access_token: token } = await tokenOf(undefined, body)
    const headers = { authorization: `bearer ${token}`, 'content-type': 'application/json', 'content-length': '14' }
    const { status, json } = await send(`${base11}/classes/class-1/teachers`, headers, '{"limit":"10"}')
    expect(status).toBe(200)
    expect(json.users.every(({ role }: { role: string }) => role === 'teacher')).toBe(true)
  })
})
