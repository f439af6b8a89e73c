import { endpoints } from '../oneroster/endpoints'
import { matchRoute, serviceSegments } from './routes'

const match = (path: string) => matchRoute(serviceSegments(path)!)

test.each(endpoints.map(({ path }) => path))('%s is found under both base paths', (path) => {
  const asked = path.replaceAll(/\{.*?\}/g, 'x1')
  expect(match(`/ims/oneroster/rostering/v1p2${asked}`)?.endpoint.path).toBe(path)
  expect(match(`/ims/oneroster/v1p2${asked}`)?.endpoint.path).toBe(path)
})

test('doubled and trailing slashes mean nothing', () => {
  expect(match('/ims//oneroster/rostering/v1p2//classes/c1/students/')).toMatchObject({
    endpoint: { operationId: 'getStudentsForClass' },
    ids: { classSourcedId: 'c1' },
  })
})

test('an id is decoded after routing: it may hold slashes, at signs and Japanese, and have 255 characters', () => {
  const ids = (id: string) => match(`/ims/oneroster/v1p2/users/${encodeURIComponent(id)}`)?.ids
  for (const id of ['a/b@c', '太郎', 'x'.repeat(255), 'students', 'a b+c', '..'])
    expect(ids(id)).toEqual({ sourcedId: id })
})

test('what cannot be an id is told from an unknown path', () => {
  expect(match('/ims/oneroster/v1p2/users/%ZZ')).toMatchObject({ endpoint: { operationId: 'getUser' }, ids: undefined })
  expect(match('/ims/oneroster/v1p2/users/a%00b')?.ids).toBeUndefined()
})

test.each([
  '',
  '/',
  '/user',
  '/users/u1/students',
  '/users/u1/classes/c1',
  '/schools/s/classes/c/students/x',
  '/Users',
  '/*',
  '/users/x/*',
])('%j is no path of the service', (path) => expect(match(`/ims/oneroster/v1p2${path}`)).toBeUndefined())

test.each(['/', '/ims/oneroster/v1p1/users', '/users', '/ims/oneroster'])('%s is not under a base path', (path) => {
  expect(serviceSegments(path)).toBeUndefined()
})
