import { kindOfUsers } from '../../oneroster/differences11'
import { endpoints } from '../../oneroster/endpoints'
import { existingPath } from '../rest/district'
import { shape } from '../../rest-facade/v1p1/shape'
import { district11, idOf, people } from './district11'
import { base11, firstMember, get11, total } from './rest11'
import { problems } from './shapes'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district11 })
})
afterAll(() => hub?.close())

describe('chapter 1 and 2: the operations of 1.1 and what they answer', () => {
  test.each(endpoints.map((endpoint) => [endpoint.path, endpoint] as const))(
    '%s',
    async (path, { answers, rootKey, entity }) => {
      const list = answers === 'list'
      const answer = await get11(hub, existingPath(path) + (list ? '?limit=2000' : ''))
      expect(Object.keys(answer.json)).toEqual([rootKey])
      expect(answer.headers.get('content-type')).toContain('application/json')
      const records = list ? answer.json[rootKey] : [answer.json[rootKey]]
      expect(total(answer)).toBe(records.length)
      expect(answer.headers.get('x-returned-count')).toBe(String(records.length))
      expect(answer.headers.has('link')).toBe(list)
      for (const record of records) {
        expect([record.sourcedId, problems(entity, record, hub.restUrl + base11)]).toEqual([record.sourcedId, []])
      }
      const kind = kindOfUsers[path.split('/').findLast((part) => !part.startsWith('{'))!]
      if (kind) expect(new Set(records.map(({ role }: { role: string }) => role))).toEqual(new Set([kind]))
    },
  )

  test('the 1.2 service beside it answers as before', async () => {
    const { json } = await get11(hub, '/../rostering/v1p2/users/user-0030')
    expect(json.user.roles).toBeDefined()
    expect(json.user.role).toBeUndefined()
  })
})

describe('chapter 3: what 1.1 shows of 1.2', () => {
  const user = async (who: string) => (await get11(hub, `/users/${idOf(who)}`)).json.user

  test.each(Object.keys(people))('role and orgs of a user: %s', async (who) => {
    const shown = await user(who)
    expect(shown.role).toBe(people[who]!.role)
    expect(shown.orgs.map(({ sourcedId }: { sourcedId: string }) => sourcedId)).toEqual(people[who]!.orgs)
  })

  test('lists of teachers and students show the role they are lists of, /users the reduced one', async () => {
    const both = idOf('the primary one at primaryOrg')
    const teachers = firstMember(await get11(hub, '/schools/school-0/teachers?limit=1000'))
    expect(teachers.find(({ sourcedId }) => sourcedId === both)).toMatchObject({ role: 'teacher' })
    expect((await get11(hub, `/teachers/${both}`)).json.user.role).toBe('teacher')
    expect((await get11(hub, `/users/${both}`)).json.user.role).toBe('guardian')
  })

  test('what 1.1 requires is filled from what there is', async () => {
    expect(await user('principal')).toMatchObject({ username: idOf('principal'), identifier: idOf('principal') })
    const { user: student } = (await get11(hub, '/users/user-0031')).json
    expect(student).toMatchObject({ username: 'login31', identifier: 'user-0031', userIds: [] })
    const teacher = (await get11(hub, '/users/user-0001')).json.user
    expect(teacher).toMatchObject({ identifier: 'T1', email: 'teacher1@example.jp', agents: [] })
    expect((await get11(hub, '/orgs/district')).json.org.identifier).toBe('district')
  })

  test.each([
    ['/orgs/ext-below', 'type', 'department'],
    ['/orgs/ext-alone', 'type', 'local'],
    ['/academicSessions/half', 'type', 'term'],
    ['/classes/no-type', 'classType', 'scheduled'],
    ['/classes/ext-type', 'classType', 'scheduled'],
    ['/classes/class-1', 'classType', 'scheduled'],
    ['/enrollments/ext-role', 'role', 'proctor'],
    ['/demographics/who.0', 'sex', undefined],
    ['/demographics/who.13', 'sex', undefined],
    ['/demographics/user-0030', 'sex', 'male'],
  ])('%s: %s is %s', async (path, field, shown) => {
    expect(Object.values<any>((await get11(hub, path)).json)[0][field]).toBe(shown)
  })

  test('metadata is a map of strings', async () => {
    const { org } = (await get11(hub, '/orgs/district')).json
    expect(org.metadata).toEqual({ 'jp.code': '13', 'nested.a': '1' })
  })

  test('nothing of 1.2 alone and no password is shown', async () => {
    const { text } = await get11(hub, '/users?limit=1000')
    const words = ['must not be seen', '"userMasterIdentifier"', '"preferred', '"primaryOrg"', '"roles"', 'v1p2']
    expect(words.filter((word) => text.includes(word))).toEqual([])
  })
})

test('a page of 10,000 users takes well under a second', async () => {
  const { json } = await get11(hub, '/../rostering/v1p2/users?limit=100')
  const page = JSON.stringify(Array.from({ length: 100 }, () => json.users).flat())
  const started = process.cpuUsage()
  const view = { baseUrl: 'https://hub.example', jsonBooleans: false, identifierFallback: true, day: '2026-11-22' }
  const text = JSON.stringify(JSON.parse(page).map((each: object) => shape('user', each as never, view)))
  const { user } = process.cpuUsage(started)
  expect(text.length).toBeGreaterThan(1_000_000)
  expect(user / 1000).toBeLessThan(1_000)
})
