import { entities } from '../oneroster/model'
import { codeOf } from '../platform/errors'
import { readListParams, readOneParams, sortProperties } from './listParams'

const { user, class: klass } = entities
const nothing = { limit: 100, offset: 0, repeated: [] }

test.each([
  ['', nothing],
  ['&', nothing],
  ['limit=5000&offset=10', { ...nothing, limit: 5000, offset: 10 }],
  ['limit=10000', { ...nothing, limit: 10_000 }],
  ['limit=10001', { ...nothing, limit: 10_000 }],
  ['limit=99999999999999999999', { ...nothing, limit: 10_000 }],
  ['offset=99999999999', { ...nothing, offset: 2147483647 }],
  ['after=abc&offset=100', { ...nothing, offset: 100, after: 'abc' }],
  [
    'sort=familyName',
    { ...nothing, sort: { field: 'familyName', orderBy: 'asc' }, repeated: [['sort', 'familyName']] },
  ],
  ['orderBy=asc', { ...nothing, repeated: [['orderBy', 'asc']] }],
  ['orderBy=desc', { ...nothing, sort: { field: 'sourcedId', orderBy: 'desc' }, repeated: [['orderBy', 'desc']] }],
  [
    'fields=sourcedId,%20givenName',
    { ...nothing, fields: ['sourcedId', 'givenName'], repeated: [['fields', 'sourcedId, givenName']] },
  ],
  [
    'fields=sourcedId&fields=roles',
    {
      ...nothing,
      fields: ['sourcedId', 'roles'],
      repeated: [
        ['fields', 'sourcedId'],
        ['fields', 'roles'],
      ],
    },
  ],
  [
    'fields=sourcedId,sourcedId,resources',
    { ...nothing, fields: ['sourcedId'], repeated: [['fields', 'sourcedId,sourcedId,resources']] },
  ],
  [
    'unknown=1&other',
    {
      ...nothing,
      repeated: [
        ['unknown', '1'],
        ['other', ''],
      ],
    },
  ],
  ['x=%ZZ', nothing],
  ['Limit=0', { ...nothing, repeated: [['Limit', '0']] }],
  [
    "filter=familyName%3D%27jones%27+AND+status='active'",
    {
      ...nothing,
      filter: { AND: [{ familyName: { eq: 'jones' } }, { status: { eq: 'active' } }] },
      repeated: [['filter', "familyName='jones' AND status='active'"]],
    },
  ],
])('%s is understood', (search, expected) => {
  expect(readListParams(user, search)).toEqual(expected)
})

test.each([
  ['limit=0', 'INVALID_PAGE'],
  ['limit=-1', 'INVALID_PAGE'],
  ['limit=abc', 'INVALID_PAGE'],
  ['limit=1.5', 'INVALID_PAGE'],
  ['limit=1e3', 'INVALID_PAGE'],
  ['limit=+5', 'INVALID_PAGE'],
  ['limit=', 'INVALID_PAGE'],
  ['limit', 'INVALID_PAGE'],
  ['limit=1&limit=1', 'INVALID_PAGE'],
  ['offset=-1', 'INVALID_PAGE'],
  ['offset=', 'INVALID_PAGE'],
  ['after=', 'INVALID_PAGE'],
  ['sort=', 'INVALID_SORT_FIELD'],
  ['sort=nope', 'INVALID_SORT_FIELD'],
  ['sort=grades', 'INVALID_SORT_FIELD'],
  ['sort=roles.role', 'INVALID_SORT_FIELD'],
  ['sort=metadata.x', 'INVALID_SORT_FIELD'],
  ['sort=password', 'INVALID_SORT_FIELD'],
  ['sort=givenName,familyName', 'INVALID_SORT_FIELD'],
  ['sort=givenName&sort=familyName', 'INVALID_SORT_FIELD'],
  ['sort=givenName&orderBy=down', 'INVALID_SORT_FIELD'],
  ['sort=givenName&orderBy=', 'INVALID_SORT_FIELD'],
  ['filter=', 'INVALID_FILTER_FIELD'],
  ['filter=%20', 'INVALID_FILTER_FIELD'],
  ['filter=%ZZ', 'INVALID_FILTER_FIELD'],
  // Shift_JIS in place of UTF-8: an error, not a list of nobody.
  ["filter=givenName='%91%BE%98Y'", 'INVALID_FILTER_FIELD'],
  ["filter=status='active'&filter=status='active'", 'INVALID_FILTER_FIELD'],
  ['fields=', 'INVALID_SELECTION_FIELD'],
  ['fields=sourcedId,,roles', 'INVALID_SELECTION_FIELD'],
  ['fields=sourcedId,', 'INVALID_SELECTION_FIELD'],
  ['fields=nope', 'INVALID_SELECTION_FIELD'],
  ['fields=roles.role', 'INVALID_SELECTION_FIELD'],
  ['fields=constructor', 'INVALID_SELECTION_FIELD'],
])('%s is refused as %s', (search, code) => {
  expect(() => readListParams(user, search)).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/expected/) }),
  )
  try {
    readListParams(user, search)
  } catch (error) {
    expect(codeOf(error)).toBe(code)
  }
})

test('a reference is sorted by its sourcedId, under the dotted name or the bare one', () => {
  expect(sortProperties(klass).get('school.sourcedId')).toBe('schoolSourcedId')
  expect(sortProperties(klass).get('school')).toBe('schoolSourcedId')
  expect(sortProperties(klass).has('terms')).toBe(false)
})

test('one object takes fields and passes over all else', () => {
  expect(readOneParams(user, 'limit=0&filter=x&fields=givenName')).toEqual({ fields: ['givenName'] })
  expect(readOneParams(user, '')).toEqual({})
  expect(() => readOneParams(user, 'fields=')).toThrow('fields')
})
