import { filter, linksOf, request } from '../rest/rest'
import { district11 } from './district11'
import { base11, firstMember, get11, statusOf, total } from './rest11'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district11 })
})
afterAll(() => hub?.close())

const find = async (path: string) => firstMember(await get11(hub, path)) as Record<string, any>[]
const idsOf = (records: Record<string, any>[]) => records.map(({ sourcedId }) => sourcedId as string)
const roles = ['administrator', 'aide', 'guardian', 'parent', 'proctor', 'relative', 'student', 'teacher']

describe('chapter 4: filters speak of what 1.1 shows', () => {
  test.each(roles)("role='%s' finds the users that show it, and no other", async (role) => {
    const all = await find('/users?limit=1000')
    const shown = idsOf(all.filter((user) => user['role'] === role))
    expect(idsOf(await find(`/users?limit=1000&${filter(`role='${role}'`)}`))).toEqual(shown)
    const others = idsOf(all.filter((user) => user['role'] !== role))
    expect(idsOf(await find(`/users?limit=1000&${filter(`role!='${role}'`)}`))).toEqual(others)
  })

  test.each(['school-0', 'school-1', 'school-2', 'district', 'nowhere'])('orgs=%s', async (org) => {
    const has = (user: Record<string, any>) => user['orgs'].some(({ sourcedId }: any) => sourcedId === org)
    const all = await find('/users?limit=1000')
    for (const field of ['orgs', 'orgs.sourcedId']) {
      expect(idsOf(await find(`/users?limit=1000&${filter(`${field}='${org}'`)}`))).toEqual(idsOf(all.filter(has)))
    }
    const without = idsOf(all.filter((user) => !has(user)))
    expect(idsOf(await find(`/users?limit=1000&${filter(`orgs!='${org}'`)}`))).toEqual(without)
  })

  /** Every predicate on every closed vocabulary, against the records themselves. */
  test.each([
    ['orgs', 'type'],
    ['academicSessions', 'type'],
    ['classes', 'classType'],
    ['classes', 'status'],
    ['enrollments', 'role'],
    ['demographics', 'sex'],
    ['users', 'role'],
  ])('/%s by %s', async (collection, field) => {
    const all = await find(`/${collection}?limit=2000`)
    const values = [...new Set(all.map((record) => record[field])), 'norecords', 'S', '']
    const tests: Record<string, (shown: string, value: string) => boolean> = {
      '=': (shown, value) => shown === value,
      '!=': (shown, value) => shown !== value,
      '>': (shown, value) => shown > value,
      '>=': (shown, value) => shown >= value,
      '<': (shown, value) => shown < value,
      '<=': (shown, value) => shown <= value,
      '~': (shown, value) => shown.toLowerCase().includes(value.toLowerCase()),
    }
    for (const value of values.filter((each) => each !== undefined)) {
      for (const [sign, holds] of Object.entries(tests)) {
        const matches = (shown?: string) => (shown === undefined ? sign === '!=' : holds(shown, value))
        const wanted = idsOf(all.filter((record) => matches(record[field])))
        const found = await get11(hub, `/${collection}?limit=2000&${filter(`${field}${sign}'${value}'`)}`)
        expect([sign, value, idsOf(firstMember(found))]).toEqual([sign, value, wanted])
        expect(total(found)).toBe(wanted.length)
      }
    }
  })

  test('a list of one kind of user knows one role', async () => {
    const all = await find('/schools/school-0/students?limit=1000')
    const path = '/schools/school-0/students?limit=1000&'
    expect(await find(path + filter("role='student'"))).toEqual(all)
    expect(await find(path + filter("role='teacher'"))).toEqual([])
    expect(await find(`${path}${filter("role='student' AND status='active'")}`)).toEqual(
      all.filter(({ status }) => status === 'active'),
    )
    expect(await find(`${path}${filter("role='teacher' OR status='tobedeleted'")}`)).toEqual(
      all.filter(({ status }) => status === 'tobedeleted'),
    )
  })

  test.each([
    ["status='inactive'", (user: any) => user.status === 'tobedeleted'],
    ["enabledUser='False'", (user: any) => user.enabledUser === 'false'],
    ["dateLastModified>'2026-04-01'", (user: any) => user.dateLastModified > '2026-04-01T00:00:00.000Z'],
    ["dateLastModified>='2026-04-02'", (user: any) => user.dateLastModified >= '2026-04-02T00:00:00.000Z'],
    ["role='teacher' AND dateLastModified>'2026-04-01'", (user: any) => user.role === 'teacher'],
    ["username='login3' OR email~'TEACHER7@'", (user: any) => ['login3', 'login7'].includes(user.username)],
    // By what was sent; who is named from the other side only is not found (docs/decisions/oneroster-1.1.md).
    ["agents='user-0030'", (user: any) => user.agents.some((agent: any) => agent.sourcedId === 'user-0030')],
    ["metadata.jp.kanaGivenName='タロウ'", (user: any) => user.metadata?.['jp.kanaGivenName'] === 'タロウ'],
    ["givenName='O''Brien'", (user: any) => user.givenName === "O'Brien"],
  ])('/users by %s', async (text, holds) => {
    const wanted = idsOf((await find('/users?limit=1000')).filter(holds))
    expect(wanted.length).toBeGreaterThan(0)
    for (const written of [filter(text), filter(text).replaceAll('%20', '+')]) {
      expect(idsOf(await find(`/users?limit=1000&${written}`))).toEqual(wanted)
    }
  })

  test("a bare reference means its sourcedId: class='…'", async () => {
    const wanted = await find(`/enrollments?${filter("class.sourcedId='class-1'")}`)
    expect(wanted.length).toBeGreaterThan(0)
    expect(await find(`/enrollments?${filter("class='class-1'")}`)).toEqual(wanted)
  })

  test.each([
    ['users', "roles.role='student'", 'roles.role'],
    ['users', "primaryOrg='school-0'", 'primaryOrg'],
    ['users', "userMasterIdentifier='x'", 'userMasterIdentifier'],
    ['users', "password='x'", 'password'],
    ['users', "orgs.name='x'", 'orgs.name'],
    ['orgs', "role='student'", 'role'],
    ['classes', "nothing='x'", 'nothing'],
  ])('/%s by %s is refused by name', async (collection, text, field) => {
    const answer = await request(hub, `${base11}/${collection}?${filter(text)}`)
    expect(answer.status).toBe(400)
    const status = statusOf(answer)
    expect(status).toMatchObject({ imsx_codeMajor: 'failure', imsx_severity: 'error' })
    expect(status['imsx_codeMinor']).toBe('invalid_filter_field')
    expect(status['imsx_description']).toContain(field)
    expect(Object.keys(answer.json)).toEqual(['statusInfoSet'])
  })

  test.each([
    'role=student',
    "role='student' AND",
    "role='student' AND status='active' AND givenName='x'",
    "(role='student')",
    '',
    "dateLastModified>'yesterday'",
    "enabledUser='maybe'",
    "orgs>'x'",
  ])('a filter that is not understood is never left out: %s', async (text) => {
    const answer = await request(hub, `${base11}/users?${filter(text)}`)
    expect([answer.status, statusOf(answer)['imsx_codeMinor']]).toEqual([400, 'invalid_filter_field'])
  })
})

describe('chapter 4: sorting, selection, paging', () => {
  test('sort without orderBy is ascending, orderBy without sort means sourcedId', async () => {
    const names = (await find('/users?sort=familyName&limit=1000')).map(({ familyName }) => familyName)
    expect(names).toEqual([...names].sort())
    const ids = idsOf(await find('/users?limit=10000&offset=0&orderBy=asc'))
    expect(ids).toEqual([...ids].sort())
    expect(idsOf(await find('/users?limit=1000&orderBy=DESC'))).toEqual(ids.reverse())
    expect(idsOf(await find('/classes?sort=school.sourcedId&limit=1000')).length).toBeGreaterThan(0)
  })

  test.each(['nothing', 'roles', 'primaryOrg', 'userIds', ''])(
    'sort=%s: everything in the default order, and a warning',
    async (field) => {
      const answer = await get11(hub, `/users?sort=${field}&limit=1000`)
      expect(Object.keys(answer.json)).toEqual(['users', 'statusInfoSet'])
      expect(statusOf(answer)).toMatchObject({
        imsx_codeMajor: 'success',
        imsx_severity: 'warning',
        imsx_codeMinor: 'invalid_sort_field',
        imsx_operationRefIdentifier: 'getAllUsers',
        imsx_messageRefIdentifier: answer.headers.get('x-request-id'),
      })
      expect(answer.json.users).toEqual(await find('/users?limit=1000'))
    },
  )

  test.each(['nothing', 'sourcedId,roles', 'userProfiles', 'sourcedId,'])(
    'fields=%s: whole records, and a warning',
    async (fields) => {
      for (const path of ['/users?limit=3&', '/users/user-0001?']) {
        const answer = await get11(hub, `${path}fields=${fields}`)
        expect(statusOf(answer)['imsx_codeMinor']).toBe('invalid_selection_field')
        expect(Object.values(answer.json)[0]).toEqual(Object.values((await get11(hub, path)).json)[0])
      }
    },
  )

  test('fields selects members of 1.1', async () => {
    expect(await find('/users?fields=sourcedId&offset=0&limit=1&sort=sourcedId')).toEqual([{ sourcedId: 'user-0000' }])
    const { json } = await get11(hub, '/users/user-0001?fields=role,%20orgs,identifier,password')
    expect(Object.keys(json)).toEqual(['user'])
    expect(json.user).toEqual({ role: 'teacher', orgs: expect.any(Array), identifier: 'T1' })
  })

  test.each(['fields=', 'fields=%20', 'fields=,'])('%s is refused', async (query) => {
    const answer = await request(hub, `${base11}/users?${query}`)
    expect([answer.status, statusOf(answer)['imsx_codeMinor']]).toEqual([400, 'invalid_blank_selection_field'])
  })

  test.each(['limit=-1', 'limit=0', 'limit=x', 'limit=10001', 'offset=-1', 'offset=x', 'limit='])(
    '%s is refused; no page is cut short',
    async (query) => {
      const answer = await request(hub, `${base11}/users?${query}`)
      expect([answer.status, statusOf(answer)['imsx_codeMinor']]).toEqual([400, 'invalid data'])
    },
  )

  test('pages by offset and by link hold every row once', async () => {
    const all = idsOf(await find('/users?limit=10000'))
    const byOffset: string[] = []
    for (let offset = 0; offset < all.length; offset += 60) {
      const page = await get11(hub, `/users?limit=60&offset=${offset}`)
      expect(total(page)).toBe(all.length)
      expect(page.headers.get('x-returned-count')).toBe(String(firstMember(page).length))
      byOffset.push(...idsOf(firstMember(page)))
    }
    expect(byOffset).toEqual(all)
    const byLink: string[] = []
    let next: string | undefined = `${hub.restUrl}${base11}/users?limit=60&sort=nothing&filter=status~%27a%27`
    while (next) {
      const page = await request(hub, next)
      byLink.push(...idsOf(page.json.users))
      expect(linksOf(page)['first']).toContain(`${base11}/users?limit=60&offset=0`)
      next = linksOf(page)['next']
    }
    expect(byLink).toEqual(idsOf(await find(`/users?limit=10000&${filter("status~'a'")}`)))
  })
})

describe('chapter 6: errors', () => {
  test.each([
    ['/users/nobody', 'getUser'],
    ['/students/user-0001', 'getStudent'],
    ['/schools/district', 'getSchool'],
    ['/persons', undefined],
    ['/users/user-0001/enrollments', undefined],
    ['/discovery/x', undefined],
  ])('%s: 404 unknown object', async (path, operation) => {
    const answer = await request(hub, base11 + path)
    expect(answer.status).toBe(404)
    expect(statusOf(answer)).toMatchObject({ imsx_codeMajor: 'failure', imsx_codeMinor: 'unknown object' })
    expect(statusOf(answer)['imsx_operationRefIdentifier']).toBe(operation)
  })

  test.each([
    '/schools/1000000/classes',
    '/schools/1000000/enrollments',
    '/schools/district/students',
    '/classes/none/students',
    '/schools/school-0/classes/none/teachers',
    '/terms/none/gradingPeriods?sort=title',
    '/users/none/classes?limit=5',
  ])('%s: an unknown parent has nothing', async (path) => {
    const answer = await get11(hub, path)
    expect(Object.values(answer.json)).toEqual([[]])
    expect(total(answer)).toBe(0)
  })

  test('a filter that finds nothing finds nothing', async () => {
    for (const text of ["sourcedId='norecords'", "username='norecords'", "status='norecords'", "role='norecords'"]) {
      expect((await get11(hub, `/users?${filter(text)}`)).json).toEqual({ users: [] })
    }
  })

  test('what is no read is refused, and told in the form of 1.1', async () => {
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      const answer = await request(hub, `${base11}/users/user-0001`, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
      expect(statusOf(answer)['imsx_codeMajor']).toBe('failure')
    }
    const head = await request(hub, `${base11}/users/user-0001`, { method: 'HEAD' })
    expect([head.status, head.text, head.headers.get('x-total-count')]).toEqual([200, '', '1'])
  })

  test('doubled and trailing slashes mean nothing', async () => {
    expect((await get11(hub, '//classes/class-1/')).json).toEqual((await get11(hub, '/classes/class-1')).json)
  })
})
