import { classes, district, oddClassId } from './district'
import { get, recordsOf, type Json } from './rest'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

const found = async (path: string) =>
  recordsOf(await get(hub, `${path}?limit=1000`))
    .map(({ sourcedId }) => sourcedId as string)
    .sort()

/** Rows of the district; what the standard means is said here anew, over plain rows. */
const rows = (name: keyof typeof district) => district[name] as Json[]
const ids = (list: Json[]) => [...new Set(list.map((row) => (row.userSourcedId ?? row.sourcedId) as string))].sort()
const holders = (role: string, school?: string) =>
  rows('role').filter((row) => row.role === role && (school === undefined || row.orgSourcedId === school))
const members = (role: string, where: (row: Json) => boolean) =>
  rows('enrollment').filter((row) => row.role === role && row.status === 'active' && where(row))

describe('chapter 1.5, what the derived collections contain', () => {
  test('schools, terms and grading periods are the orgs and sessions of that type', async () => {
    expect(await found('/schools')).toEqual(['closed', 'school-0', 'school-1', 'school-2'])
    expect(await found('/terms')).toEqual(['term-0', 'term-1'])
    expect(await found('/gradingPeriods')).toEqual(['period-0', 'period-1', 'period-2', 'period-3'])
    expect(await found('/terms/term-1/gradingPeriods')).toEqual(['period-1', 'period-3'])
  })

  test('students and teachers are the users who hold that role', async () => {
    expect(await found('/students')).toEqual(ids(holders('student')))
    expect(await found('/teachers')).toEqual(ids(holders('teacher')))
  })

  test.each(['school-0', 'school-1', 'school-2'])(
    '%s has the users with a role in it or an enrollment at it',
    async (school) => {
      for (const role of ['student', 'teacher']) {
        const expected = ids([...holders(role, school), ...members(role, (row) => row.schoolSourcedId === school)])
        expect(await found(`/schools/${school}/${role}s`)).toEqual(expected)
      }
    },
  )

  test('members of a class have an active enrollment in it, of that role', async () => {
    for (const n of [0, 1, 7, classes - 1]) {
      const klass = rows('class')[n]!
      for (const role of ['student', 'teacher']) {
        const expected = ids(members(role, (row) => row.classSourcedId === klass.sourcedId))
        const id = encodeURIComponent(klass.sourcedId)
        expect(await found(`/classes/${id}/${role}s`)).toEqual(expected)
        expect(await found(`/schools/${klass.schoolSourcedId}/classes/${id}/${role}s`)).toEqual(expected)
      }
    }
  })

  test('enrollments of a school and of a class in it', async () => {
    const ofSchool = rows('enrollment').filter((row) => row.schoolSourcedId === 'school-0')
    expect(await found('/schools/school-0/enrollments')).toEqual(ofSchool.map((row) => row.sourcedId).sort())
    const ofClass = rows('enrollment').filter((row) => row.classSourcedId === oddClassId)
    const path = `/schools/school-0/classes/${encodeURIComponent(oddClassId)}/enrollments`
    expect(await found(path)).toEqual(ofClass.map((row) => row.sourcedId).sort())
  })

  test('classes by school, course, term and member; courses and terms by school', async () => {
    const where = (test: (row: Json) => boolean) => ids(rows('class').filter(test))
    expect(await found('/schools/school-2/classes')).toEqual(where((row) => row.schoolSourcedId === 'school-2'))
    expect(await found('/courses/course-3/classes')).toEqual(where((row) => row.courseSourcedId === 'course-3'))
    expect(await found('/terms/term-1/classes')).toEqual(where((row) => row.termSourcedIds.includes('term-1')))
    const own = rows('enrollment').filter((row) => row.userSourcedId === 'user-0001' && row.status === 'active')
    const classesOfUser = own.map((row) => row.classSourcedId as string).sort()
    for (const noun of ['users', 'teachers']) expect(await found(`/${noun}/user-0001/classes`)).toEqual(classesOfUser)
    expect(await found('/schools/school-1/courses')).toEqual(['course-1', 'course-4'])
    // A session names no school; a school has the sessions that its active classes use.
    const used = rows('class').filter((row) => row.schoolSourcedId === 'school-1' && row.status === 'active')
    const sessions = new Set(used.flatMap((row) => row.termSourcedIds as string[]))
    expect(await found('/schools/school-1/terms')).toEqual([...sessions].sort())
  })

  test('a known parent with nothing below it answers an empty list', async () => {
    const empty: [string, string][] = [
      ['/users/user-0264/classes', 'classes'],
      ['/schools/closed/classes', 'classes'],
      ['/schools/closed/students', 'users'],
    ]
    for (const [path, rootKey] of empty) {
      const answer = await get(hub, path)
      expect(answer.json).toEqual({ [rootKey]: [] })
      expect(answer.headers.get('x-total-count')).toBe('0')
    }
  })
})

describe('chapter 7.1, payloads', () => {
  test('a user has every part in the standard’s shape', async () => {
    expect((await get(hub, '/users/user-0001')).json.user).toEqual({
      sourcedId: 'user-0001',
      status: 'active',
      dateLastModified: '2026-04-01T00:03:21.000Z',
      enabledUser: 'true',
      username: 'login1',
      userIds: [{ type: 'LDAP', identifier: 'ldap-1' }],
      givenName: '花子',
      familyName: '姓1',
      identifier: 'T1',
      email: 'teacher1@example.jp',
      primaryOrg: reference('orgs', 'school-1', 'org'),
      roles: [
        { roleType: 'primary', role: 'teacher', beginDate: '2026-04-01', org: reference('orgs', 'school-1', 'org') },
        { roleType: 'secondary', role: 'aide', org: reference('orgs', 'district', 'org') },
      ],
      userProfiles: [
        {
          profileId: 'urn:uuid:3f2504e0-4f89-11d3-9a0c-0305e82c3301',
          profileType: 'LMS',
          vendorId: 'urn:example:vendor',
          applicationId: 'app',
          credentials: [{ type: 'basic', username: 'login1' }],
        },
      ],
    })
  })

  test('an org that lacks an identifier has an empty one, and names its parent and children', async () => {
    const { org } = (await get(hub, '/orgs/district')).json
    expect(org).toMatchObject({ identifier: '', metadata: { 'jp.code': '13', nested: { a: '1' } } })
    const children = ['school-0', 'school-1', 'school-2'].map((id) => reference('orgs', id, 'org'))
    expect(org.children).toEqual(children)
    expect(org).not.toHaveProperty('parent')
    expect((await get(hub, '/schools/school-0')).json.org.parent).toEqual(reference('orgs', 'district', 'org'))
  })

  function reference(collection: string, sourcedId: string, type: string) {
    return { href: `${hub.restUrl}/ims/oneroster/rostering/v1p2/${collection}/${sourcedId}`, sourcedId, type }
  }
})
