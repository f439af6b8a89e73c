import { scopes } from '../../oneroster/scopes'
import { district } from './district'
import { base, get, request, type Json } from './rest'
import { schemaErrors } from './schemas'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
  // The test's tokens are of this client; a token holds no more than its client does.
  const { clientId } = hub.clients.demographicsVendor
  const text = 'update api_clients set scopes = $1 where client_id = $2'
  await askDatabase(hub.database.ownerUrl, text, [Object.values(scopes), clientId])
})
afterAll(() => hub?.close())

const write = (method: string, path: string, body?: unknown, granted: string[] = Object.values(scopes)) =>
  request(hub, base + path, {
    method,
    headers: { Authorization: `Bearer ${hub.token(...granted)}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

/** With more headers than those of `write`. */
const writeUnder = (headers: Record<string, string>, method: string, path: string, body?: unknown) =>
  request(hub, base + path, {
    method,
    headers: { Authorization: `Bearer ${hub.token(...Object.values(scopes))}`, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const school = { sourcedId: 'new/school', name: '新設小学校', type: 'school', identifier: '' }

describe('writing over REST, an extension for trusted clients', () => {
  it('PUT creates with 201, replaces with 200, and the record reads back as it was answered', async () => {
    const path = '/orgs/new%2Fschool'
    const created = await write('PUT', path, { org: school })
    expect(created.status).toBe(201)
    expect(created.json.org).toMatchObject(school)
    const replaced = await write('PUT', path, { org: { ...school, name: '統合小学校' } })
    expect(replaced.status).toBe(200)
    const read = await get(hub, path)
    expect(read.json).toEqual(replaced.json)
    expect(read.json.org.dateLastModified > created.json.org.dateLastModified).toBe(true)
    expect(schemaErrors('/orgs/{sourcedId}', 200, read.json)).toBeUndefined()
  })

  it('PUT of what is there already changes no stamp', async () => {
    const { json } = await get(hub, '/orgs/new%2Fschool')
    const again = await write('PUT', '/orgs/new%2Fschool', json)
    expect(again.json.org.dateLastModified).toBe(json.org.dateLastModified)
  })

  it.each([
    ['/academicSessions/semester', 'academicSession'],
    ['/courses/course-0', 'course'],
    ['/classes/class-1', 'class'],
    ['/users/user-0030', 'user'],
    ['/enrollments/enrollment-0-0', 'enrollment'],
    ['/demographics/user-0030', 'demographics'],
  ])('what GET %s answers can be PUT back unchanged', async (path, key) => {
    const before = (await get(hub, path)).json
    const { status, json } = await write('PUT', path, before)
    expect({ status, json }).toMatchObject({ status: 200 })
    expect(withoutStamp(json[key])).toEqual(withoutStamp(before[key]))
  })

  it('a list of one blank item is an empty one, as the cell of an export would say', async () => {
    const { json } = await get(hub, '/classes/class-1')
    const written = await write('PATCH', '/classes/class-1', { class: { periods: [''] } })
    expect(written).toMatchObject({ status: 200 })
    expect(written.json.class).not.toHaveProperty('periods')
    const again = await write('PATCH', '/classes/class-1', { class: { periods: [] } })
    expect(again.json.class.dateLastModified).toBe(written.json.class.dateLastModified)
    const { periods } = json.class
    expect((await write('PATCH', '/classes/class-1', { class: { periods } })).json.class.periods).toEqual(periods)
  })

  it('PATCH changes what is given and nothing else; null empties', async () => {
    const before = (await get(hub, '/users/user-0030')).json.user
    const { status, json } = await write('PATCH', '/users/user-0030', {
      user: { preferredFirstName: 'ジョン', enabledUser: 'false', agents: [{ sourcedId: 'user-0260' }] },
    })
    expect(status).toBe(200)
    expect(json.user).toMatchObject({
      preferredFirstName: 'ジョン',
      enabledUser: 'false',
      familyName: before.familyName,
    })
    expect(json.user.agents).toEqual([expect.objectContaining({ sourcedId: 'user-0260', type: 'user' })])
    const emptied = await write('PATCH', '/users/user-0030', { user: { preferredFirstName: null } })
    expect(emptied.json.user).not.toHaveProperty('preferredFirstName')
  })

  it('thousands of references are looked up together', async () => {
    const nobody = Array.from({ length: 5_000 }, (_value, n) => ({ sourcedId: `nobody-${n}` }))
    const refused = await write('PATCH', '/users/user-0030', { user: { agents: nobody } })
    expect([refused.status, minor(refused.json)]).toEqual([422, 'invaliddata'])
    const { user } = (await get(hub, '/users/user-0030')).json
    const taken = await write('PATCH', '/users/user-0030', { user: { roles: many(user.roles[0]) } })
    expect(taken).toMatchObject({ status: 200 })
    expect(taken.json.user.roles).toHaveLength(1_000)
    expect((await write('PATCH', '/users/user-0030', { user: { roles: user.roles } })).json.user.roles).toEqual(
      user.roles,
    )
  })
  const many = (role: object) =>
    Array.from({ length: 1_000 }, (_value, n) => ({
      ...{ ...role, roleType: 'secondary' },
      beginDate: new Date(n * 86_400_000).toISOString().slice(0, 10),
    }))

  it('DELETE answers 204 and leaves the record as tobedeleted', async () => {
    const { status, text } = await write('DELETE', '/enrollments/enrollment-0-0')
    expect([status, text]).toEqual([204, ''])
    expect((await get(hub, '/enrollments/enrollment-0-0')).json.enrollment.status).toBe('tobedeleted')
    expect((await write('DELETE', '/enrollments/nothing')).status).toBe(404)
  })

  it('refuses data with 422 and the codes that an import would report, without its values', async () => {
    const { status, json } = await write('PUT', '/orgs/x', {
      org: { ...school, sourcedId: 'x', type: 'himitsu', parent: { sourcedId: 'nowhere' } },
    })
    expect(status).toBe(422)
    expect(minor(json)).toBe('invaliddata')
    expect(json.imsx_description).toContain('row.token type')
    expect(JSON.stringify(json)).not.toContain('himitsu')
    const dangling = await write('PUT', '/orgs/x', {
      org: { ...school, sourcedId: 'x', parent: { sourcedId: 'nowhere' } },
    })
    expect(dangling.json.imsx_description).toContain('reference.notFound parentSourcedId')
    for (const body of [
      { org: { ...school, sourcedId: 'other' } },
      { user: school },
      { org: { nickname: 'x' } },
      { org: [] },
      { org: { name: 3 } },
      [],
    ]) {
      expect((await write('PUT', '/orgs/x', body)).status).toBe(422)
    }
    for (const body of ['{', '', '\u0000']) expect((await write('PUT', '/orgs/x', body)).status).toBe(400)
    expect((await request(hub, `${base}/orgs/x`)).status).toBe(404)
  })

  it.each(['PUT', 'PATCH', 'DELETE'])('%s under a condition does nothing and says so, with 412', async (method) => {
    const before = await get(hub, '/orgs/school-1')
    const body = method === 'DELETE' ? undefined : { org: { ...before.json.org, name: '上書き' } }
    const conditions: Record<string, string>[] = [
      { 'If-None-Match': '*' },
      { 'If-None-Match': before.headers.get('etag')! },
      { 'If-Match': '*' },
      { 'If-Match': '"old"' },
      { 'If-Unmodified-Since': 'Wed, 01 Apr 2026 00:00:00 GMT' },
    ]
    for (const condition of conditions) {
      const { status, json } = await writeUnder(condition, method, '/orgs/school-1', body)
      expect([condition, status, minor(json)]).toEqual([condition, 412, 'invaliddata'])
      expect(json.imsx_description).toContain(Object.keys(condition)[0]!.toLowerCase())
    }
    expect((await get(hub, '/orgs/school-1')).json).toEqual(before.json)
    const unknown = await request(hub, `${base}/orgs/school-1`, { method, headers: { 'If-Match': '*' } })
    expect(unknown.status).toBe(401)
  })

  it('If-Modified-Since, which means nothing for a write, is passed over, and the answer of a write has no validator', async () => {
    const { json } = await get(hub, '/orgs/school-1')
    const since = { 'If-Modified-Since': 'Wed, 01 Apr 2026 00:00:00 GMT' }
    const { status, headers } = await writeUnder(since, 'PUT', '/orgs/school-1', json)
    expect([status, headers.get('etag')]).toEqual([200, null])
  })

  it('writes demographics only for who may read them', async () => {
    const { json } = await get(hub, '/demographics/user-0030')
    const granted = [scopes.roster, scopes.rosterWrite]
    expect((await write('PUT', '/demographics/user-0030', json, granted)).status).toBe(403)
  })

  const deep = (levels: number) => `{"org":{"metadata":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}}`
  it.each([
    [
      'a type that would end elsewhere in CSV',
      '/users/user-0030',
      { user: { userIds: [{ type: 'a:b', identifier: 'c' }] } },
    ],
    [
      'an id that would be two in CSV',
      '/users/user-0030',
      { user: { userIds: [{ type: 'a', identifier: 'b},{c:d' }] } },
    ],
    ['half of 𠮷', '/users/user-0030', { user: { familyName: '\ud842野' } }],
    ['half of 𠮷 in a list', '/users/user-0030', { user: { grades: ['P1', '\udfb7'] } }],
    ['half of 𠮷 in metadata', '/orgs/school-0', { org: { metadata: { a: ['\ud842'] } } }],
    ['half of 𠮷 as a key of metadata', '/orgs/school-0', { org: { metadata: { '\ud842': 'a' } } }],
    ['a control character in metadata', '/orgs/school-0', { org: { metadata: { a: 'one\vtwo' } } }],
    ['a control character in a key of metadata', '/orgs/school-0', { org: { metadata: { 'a\u0007': 'b' } } }],
    ['metadata of 101 levels', '/orgs/school-0', deep(101)],
    ['metadata of 5000 levels', '/orgs/school-0', deep(5000)],
  ])('refuses what could not be told again as it was sent: %s', async (_what, path, body) => {
    const before = await get(hub, path)
    const { status, json } = await write('PATCH', path, body)
    expect([status, minor(json)]).toEqual([422, 'invaliddata'])
    expect((await get(hub, path)).json).toEqual(before.json)
  })

  it('keeps characters beyond the first 65,536, ids with colons and metadata of 100 levels', async () => {
    const ids = [{ type: 'LDAP', identifier: 'a:b/c' }]
    const { json } = await write('PATCH', '/users/user-0030', { user: { familyName: '𠮷野', userIds: ids } })
    expect(json.user).toMatchObject({ familyName: '𠮷野', userIds: ids })
    expect((await write('PATCH', '/orgs/school-0', deep(100))).status).toBe(200)
    const literally = { a: '\\u0000 is written so', b: 'lines\r\nand\ttabs' }
    expect((await write('PATCH', '/orgs/school-0', { org: { metadata: literally } })).json.org.metadata).toEqual(
      literally,
    )
  })

  it('needs its own scope, a credential, and a path of a base collection', async () => {
    expect(
      (await write('PUT', '/orgs/x', { org: { ...school, sourcedId: 'x' } }, [scopes.roster, scopes.rosterCore]))
        .status,
    ).toBe(403)
    // Not even what is wrong with it.
    expect((await write('PUT', '/orgs/x', { org: {} }, [scopes.roster])).status).toBe(403)
    expect((await request(hub, `${base}/orgs/x`, { method: 'PUT', headers: {}, body: '{}' })).status).toBe(401)
    for (const path of ['/schools/school-0', '/students/user-0030', '/orgs', '/classes/class-1/students']) {
      const { status, headers } = await write('PUT', path, {})
      expect([path, status, headers.get('allow')]).toEqual([path, 405, 'GET, HEAD'])
    }
    const posted = await write('POST', '/orgs/x', {})
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, PATCH, DELETE'])
    expect((await write('PUT', '/orgs/x', `{"org":{"name":"${'x'.repeat(2 * 1024 ** 2)}"}}`)).status).toBe(400)
  })
})

function withoutStamp({ dateLastModified: _stamp, ...record }: Json): Json {
  return record
}

function minor(json: Json): string {
  return json.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue
}
