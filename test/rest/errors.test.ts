import { endpoints } from '../../oneroster/endpoints'
import { district } from './district'
import { base, filter, request, type Answer } from './rest'
import { schemaErrors } from './schemas'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

/** The bare status object, by the official schema. */
function expectFailure(answer: Answer, status: number, codeMinor: string): void {
  expect(answer).toMatchObject({ status, json: { imsx_codeMajor: status === 405 ? 'unsupported' : 'failure' } })
  expect(schemaErrors('/users', status, answer.json)).toBeUndefined()
  expect(answer.json.imsx_severity).toBe('error')
  expect(answer.json.imsx_CodeMinor.imsx_codeMinorField).toEqual([
    { imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: codeMinor },
  ])
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('cache-control')).toBe('no-store')
}

describe('chapter 7.2, errors', () => {
  test.each([
    ['filter=', 'invalid_filter_field'],
    [filter('nope'), 'invalid_filter_field'],
    [filter("nope='1'"), 'invalid_filter_field'],
    [filter("status='active' AND status='active' AND status='active'"), 'invalid_filter_field'],
    [filter("dateLastModified>'yesterday'"), 'invalid_filter_field'],
    [filter("dateLastModified>'2026-02-31'"), 'invalid_filter_field'],
    [filter("sourcedId='a\0b'"), 'invalid_filter_field'],
    [filter("dateLastModified>'0000-01-01'"), 'invalid_filter_field'],
    [filter("dateLastModified>'0001-01-01T00:00:00+09:00'"), 'invalid_filter_field'],
    [filter("dateLastModified>'9999-12-31T23:59:59-09:00'"), 'invalid_filter_field'],
    [filter("metadata.x='\0'"), 'invalid_filter_field'],
    [filter("metadata.\0='x'"), 'invalid_filter_field'],
    ['sort=nope', 'invalid_filter_field'],
    ['sort=status&orderBy=up', 'invalid_filter_field'],
    ['fields=nope', 'invalid_selection_field'],
    ['fields=sourcedId,', 'invalid_selection_field'],
    ['limit=0', 'invaliddata'],
    ['limit=ten', 'invaliddata'],
    ['offset=-1', 'invaliddata'],
    ['limit=1&limit=2', 'invaliddata'],
    ['after=forged', 'invaliddata'],
    [`after=${Buffer.from('["\\u0000","x"]').toString('base64url')}`, 'invaliddata'],
    [`sort=dateLastModified&after=${Buffer.from('["x","y"]').toString('base64url')}`, 'invaliddata'],
  ])('every collection answers ?%s with 400', async (query, codeMinor) => {
    for (const path of ['/users', '/orgs', '/classes/class-1/students', '/demographics']) {
      expectFailure(await request(hub, `${base}${path}?${query}`), 400, codeMinor)
    }
  })

  test.each([
    [`dateLastModified>'2026-02-31'`, 18],
    [`status='active' AND dateLastModified<'soon'`, 38],
    [`familyName~'\0'`, 1],
    [`grades='\0'`, 1],
    [`userIds.type='\0'`, 1],
  ])('%j: the answer says where it was not understood', async (text, position) => {
    const answer = await request(hub, `${base}/users?${filter(text)}`)
    expectFailure(answer, 400, 'invalid_filter_field')
    expect(answer.json.imsx_description).toContain(`position ${position}: expected`)
  })

  test('fields is checked on single objects too', async () => {
    expectFailure(await request(hub, `${base}/users/user-0000?fields=nope`), 400, 'invalid_selection_field')
  })

  const singles = endpoints.filter(({ answers }) => answers === 'one').map(({ path }) => path)
  test.each(singles)('GET %s of an unknown id is 404 Unknown Object', async (path) => {
    for (const id of ['none', 'x'.repeat(255), 'a%2Fb', '%ZZ', '%00', '%F0%A0%AE%B7', "'%20or%201=1"]) {
      const answer = await request(hub, base + path.replace('{sourcedId}', id))
      expectFailure(answer, 404, 'unknownobject')
      expect(answer.json.imsx_description).toContain('Unknown Object')
    }
  })

  const nested = endpoints
    .filter(({ answers, path }) => answers === 'list' && path.includes('{'))
    .map(({ path }) => path)
  test.each(nested)('GET %s of an unknown parent is 404 Unknown Object', async (path) => {
    const answer = await request(hub, base + path.replaceAll(/\{\w+\}/g, 'none'))
    expectFailure(answer, 404, 'unknownobject')
    expect(answer.json.imsx_description).toContain('Unknown Object')
  })

  test('an object of another kind is unknown under this path', async () => {
    const paths = [
      '/students/user-0000',
      '/teachers/user-0040',
      '/schools/district',
      '/terms/semester',
      '/gradingPeriods/term-0',
    ]
    const below = ['/students/user-0000/classes', '/schools/department/classes', '/terms/period-0/gradingPeriods']
    for (const path of [...paths, ...below]) expectFailure(await request(hub, base + path), 404, 'unknownobject')
  })

  test('a school and a class must belong together', async () => {
    expect(await request(hub, `${base}/schools/school-1/classes/class-1/students`)).toMatchObject({ status: 200 })
    expectFailure(await request(hub, `${base}/schools/school-2/classes/class-1/students`), 404, 'unknownobject')
  })

  test('a path that the service does not have is 404', async () => {
    for (const path of ['', '/nope', '/users/u/students', '/discovery/nope.json']) {
      expectFailure(await request(hub, base + path), 404, 'unknownobject')
    }
    expectFailure(await request(hub, '/ims/oneroster/v9p9/users'), 404, 'unknownobject')
  })
})

describe('chapter 9, no anonymous access', () => {
  const everyPath = endpoints.map(({ path }) => path.replaceAll(/\{\w+\}/g, 'school-0'))

  test('without a credential every path, known or not, and every method is 401, before anything else', async () => {
    for (const path of [...everyPath, '/nope', '/users?limit=x']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const answer = await request(hub, base + path, { method, headers: {} })
        expectFailure(answer, 401, 'unauthorisedrequest')
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      }
    }
  })

  test.each(['Bearer nonsense', 'Bearer ', 'Basic eDp5', 'nonsense', 'Bearer a.b.c'])(
    '%j is 401, whatever is asked',
    async (authorization) => {
      for (const path of ['/users', '/users/user-0000', '/users?limit=0', '/nope']) {
        const answer = await request(hub, base + path, { headers: { Authorization: authorization } })
        expectFailure(answer, 401, 'unauthorisedrequest')
      }
    },
  )
})

describe('chapter 12, HTTP', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s on a collection is 405 with Allow', async (method) => {
    for (const path of ['/users', '/schools/school-0/classes', '/students/user-0040']) {
      const answer = await request(hub, base + path, { method })
      expectFailure(answer, 405, 'invaliddata')
      expect(answer.headers.get('allow')).toBe('GET, HEAD')
    }
  })

  test('HEAD answers as GET does, without the body', async () => {
    const [head, got] = [await request(hub, `${base}/users`, { method: 'HEAD' }), await request(hub, `${base}/users`)]
    expect(head).toMatchObject({ status: 200, text: '' })
    for (const name of ['x-total-count', 'link', 'etag', 'content-type', 'content-length']) {
      expect(head.headers.get(name)).toBe(got.headers.get(name))
    }
  })
})
