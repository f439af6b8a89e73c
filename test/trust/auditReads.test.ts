import { scopes } from '../../oneroster/scopes'
import { district } from '../rest/district'
import { trail, type Event } from './audit'
import { ask, bearer } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** Every way to personal data leaves one event with the right count, and nothing personal in it. */
describe.each(topologies)('reads in the audit trail: %s', (topology) => {
  let hub: Hub
  let seen = 0
  beforeAll(async () => {
    hub = await startHub(topology, { roster: district })
    seen = (await trail(hub.database.ownerUrl)).length
  })
  afterAll(() => hub?.close())

  /** The events that came since the last call. */
  async function newEvents(): Promise<Event[]> {
    const events = await trail(hub.database.ownerUrl)
    const fresh = events.slice(seen)
    seen = events.length
    return fresh
  }
  async function get(path: string): Promise<{ body: any; requestId: string }> {
    const headers = { authorization: `Bearer ${hub.token()}` }
    const response = await fetch(hub.restUrl + base + path, { headers })
    expect(response.status).toBe(200)
    return { body: await response.json(), requestId: response.headers.get('x-request-id')! }
  }
  async function graph(query: string) {
    const gateway = hub
    const { data, errors } = await ask(gateway, query, {}, { authorization: `Bearer ${hub.token()}` })
    expect(errors).toBeUndefined()
    return data
  }

  const lists = [
    ['/users?limit=7', 'readUsers', 'user', 7, []],
    ['/users?limit=7&fields=sourcedId,familyName', 'readUsers', 'user', 7, []],
    ['/students?limit=3&offset=2', 'readStudents', 'user', 3, []],
    ['/teachers?limit=3', 'readTeachers', 'user', 3, []],
    ['/classes/class-1/students', 'readStudentsOfClass', 'user', undefined, ['class-1']],
    ['/classes/class-1/teachers', 'readTeachersOfClass', 'user', undefined, ['class-1']],
    ['/schools/school-1/students?limit=4', 'readStudentsOfSchool', 'user', 4, ['school-1']],
    ['/schools/school-1/teachers?limit=1', 'readTeachersOfSchool', 'user', 1, ['school-1']],
    ['/schools/school-1/classes/class-1/students', 'readStudentsOfClass', 'user', undefined, ['class-1']],
    ['/schools/school-1/enrollments?limit=5', 'readEnrollmentsOfSchool', 'enrollment', 5, ['school-1']],
    ['/schools/school-1/classes/class-1/enrollments', 'readEnrollmentsOfClass', 'enrollment', undefined, ['class-1']],
    ['/enrollments?limit=9', 'readEnrollments', 'enrollment', 9, []],
    ['/demographics?limit=2', 'readDemographics', 'demographics', 2, []],
    ['/users/user-0040/classes', 'readClassesOfUser', 'class', undefined, ['user-0040']],
    ['/students/user-0040/classes', 'readClassesOfUser', 'class', undefined, ['user-0040']],
  ] as const

  it.each(lists)('%s', async (path, operation, kind, count, parents) => {
    const { body, requestId } = await get(path)
    const rows = Object.values(body)[0] as unknown[]
    expect(rows.length).toBeGreaterThan(0)
    expect(await newEvents()).toMatchObject([
      {
        operation,
        object_kind: kind,
        object_count: count ?? rows.length,
        object_ids: [],
        parent_ids: parents,
        tenant_id: hub.tenantId,
        client_id: hub.clients.demographicsVendor.clientId,
        address: '127.0.0.1',
        request_id: requestId,
      },
    ])
  })

  it.each([
    ['/users/user-0040', 'readUser', 'user', 'user-0040'],
    ['/users/user-0040?fields=familyName', 'readUser', 'user', 'user-0040'],
    ['/students/user-0040', 'readUser', 'user', 'user-0040'],
    ['/enrollments/enrollment-0-0', 'readEnrollment', 'enrollment', 'enrollment-0-0'],
    ['/demographics/user-0040', 'readDemographics', 'demographics', 'user-0040'],
  ])('%s', async (path, operation, kind, id) => {
    const headers = { authorization: `Bearer ${hub.token()}` }
    const { status } = await fetch(hub.restUrl + base + path, { headers })
    const found = status === 200
    expect([200, 404]).toContain(status)
    expect(await newEvents()).toMatchObject([
      { operation, object_kind: kind, object_ids: found ? [id] : [], object_count: found ? 1 : 0 },
    ])
  })

  it.each(['/orgs', '/schools/school-1', '/classes?limit=3', '/courses', '/terms', '/schools/school-1/classes'])(
    '%s tells of no person and leaves nothing',
    async (path) => {
      await get(path)
      expect(await newEvents()).toEqual([])
    },
  )

  it('an id that leads nowhere is counted and not kept', async () => {
    const headers = { authorization: `Bearer ${hub.token()}` }
    await fetch(`${hub.restUrl}${base}/users/${encodeURIComponent('山田太郎')}`, { headers })
    expect(await newEvents()).toMatchObject([{ operation: 'readUser', object_ids: [], object_count: 0 }])
  })

  it('a parent that is not there is not kept', async () => {
    const headers = { authorization: `Bearer ${hub.token()}` }
    const { status } = await fetch(`${hub.restUrl}${base}/classes/${encodeURIComponent('山田太郎')}/students`, {
      headers,
    })
    expect(status).toBe(404)
    expect(await newEvents()).toEqual([])
    await graph('{ studentsOfClass(sourcedId: "山田太郎") { items { familyName } } }')
    expect(await newEvents()).toEqual([])
  })

  it('a filter is kept as names of fields and predicates', async () => {
    await get(`/users?limit=1&filter=${encodeURIComponent(`familyName~'山' AND metadata.jp.x='秘密'`)}`)
    const [event, ...more] = await newEvents()
    expect(more).toEqual([])
    expect(event!.filters.join(' ')).toContain('familyName.contains')
    expect(JSON.stringify(event)).not.toMatch(/山|秘密/)
  })

  it('a page is one event whichever of its parts are asked for, a probe behind it is none', async () => {
    await graph('{ users(limit: 2) { next total items { sourcedId familyName } rendered } }')
    expect(await newEvents()).toMatchObject([{ operation: 'readUsers', object_count: 2 }])
    await graph('{ users(limit: 2, sort: { field: familyName }) { next } }')
    expect(await newEvents()).toMatchObject([{ operation: 'readUsers', object_count: 2 }])
  })

  it('a total tells of a person only when it was filtered', async () => {
    await graph('{ users { total } }')
    expect(await newEvents()).toEqual([])
    await graph('{ users(filter: { familyName: { eq: "山田" } }) { total } }')
    expect(await newEvents()).toMatchObject([{ operation: 'readUsers', object_count: 0, filters: ['familyName.eq'] }])
  })

  it('lists of many parents are one event that names them', async () => {
    const data = await graph('{ classes(limit: 5) { items { sourcedId students(limit: 3) { items { givenName } } } } }')
    const parents = data.classes.items.map((item: any) => item.sourcedId)
    const counted = data.classes.items.flatMap((item: any) => item.students.items).length
    const events = await newEvents()
    expect(events).toMatchObject([{ operation: 'readStudentsOfClass', object_count: counted }])
    expect([...events[0]!.parent_ids].sort()).toEqual([...parents].sort())
  })

  it('persons reached from other records are named', async () => {
    const data = await graph('{ enrollments(limit: 4) { items { user { familyName } } } }')
    expect(data.enrollments.items).toHaveLength(4)
    const events = await newEvents()
    expect(events.map((event) => event.operation).sort()).toEqual(['readEnrollments', 'readUserByReference'])
    const followed = events.find((event) => event.operation === 'readUserByReference')!
    expect(followed.object_ids).toHaveLength(followed.object_count)
    expect(followed.object_count).toBeGreaterThan(0)
  })

  it('demographics reached from a user are named, the key alone is nothing', async () => {
    await graph('{ user(sourcedId: "user-0040") { givenName demographics { birthDate } } }')
    const operations = (await newEvents()).map((event) => event.operation)
    expect(operations.sort()).toEqual(['readDemographicsByReference', 'readUser'])
    await graph('{ user(sourcedId: "user-0040") { sourcedId } enrollments(limit: 1) { total } }')
    expect(await newEvents()).toEqual([])
  })

  it('OneRoster 1.1 leaves the same', async () => {
    const headers = { authorization: `Bearer ${hub.token()}` }
    const response = await fetch(`${hub.restUrl}/ims/oneroster/v1p1/students?limit=3`, { headers })
    expect(response.status).toBe(200)
    expect(await newEvents()).toMatchObject([{ operation: 'readStudents', object_count: 3 }])
  })

  it('a write is one event, and its answer not another', async () => {
    const admin = await bearer(hub, hub.clients.admin)
    const query = 'mutation { updateUser(sourcedId: "user-0040", input: { givenName: "新" }) { givenName familyName } }'
    expect((await ask(hub, query, {}, admin)).errors).toBeUndefined()
    expect(await newEvents()).toMatchObject([{ operation: 'updateUser', object_ids: ['user-0040'], object_count: 1 }])
  })

  it('a refused read leaves nothing', async () => {
    const headers = { authorization: `Bearer ${hub.token(scopes.rosterCore)}` }
    expect((await fetch(`${hub.restUrl}${base}/demographics`, { headers })).status).toBe(403)
    expect(await newEvents()).toEqual([])
  })

  it('nothing personal is anywhere in the trail', async () => {
    // A time such as 2026-04-01T11:00 holds the identifier T11.
    const text = JSON.stringify((await trail(hub.database.ownerUrl)).map((event) => ({ ...event, at: undefined })))
    const persons = district['user'] as readonly Record<string, unknown>[]
    const values = persons.flatMap((user) =>
      ['givenName', 'familyName', 'username', 'email', 'phone', 'identifier'].map((field) => user[field]),
    )
    const written = values.filter((value) => typeof value === 'string' && value.length > 2) as string[]
    expect(written.length).toBeGreaterThan(500)
    expect(written.filter((value) => text.includes(value))).toEqual([])
  })
})
