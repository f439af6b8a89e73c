import { linkHeader } from './links'

const address = 'https://hub.example.org/ims/oneroster/rostering/v1p2/users'
const parse = (header: string): Record<string, Record<string, string>> =>
  Object.fromEntries(
    header.split(',').map((part) => {
      const [, url, relation] = /^\s*<(.*)>; rel="(.*)"$/.exec(part)!
      return [relation, Object.fromEntries(new URL(url!).searchParams)]
    }),
  )

test('a page in the middle has all four, the next one with its position', () => {
  expect(parse(linkHeader(address, [], { limit: 100, offset: 200, total: 1001, next: 'p-1_x' }))).toEqual({
    first: { limit: '100', offset: '0' },
    prev: { limit: '100', offset: '100' },
    next: { limit: '100', offset: '300', after: 'p-1_x' },
    last: { limit: '100', offset: '1000' },
  })
})

test.each([
  ['the only page', { limit: 100, offset: 0, total: 100, next: null }, { first: '0', last: '0' }],
  ['nothing found', { limit: 100, offset: 0, total: 0, next: null }, { first: '0', last: '0' }],
  ['the last page', { limit: 100, offset: 900, total: 1000, next: null }, { first: '0', prev: '800', last: '900' }],
  [
    'an offset within the first page',
    { limit: 100, offset: 5, total: 50, next: null },
    { first: '0', prev: '0', last: '0' },
  ],
  ['beyond the end', { limit: 100, offset: 5000, total: 1000, next: null }, { first: '0', prev: '900', last: '900' }],
])('%s', (_what, page, offsets) => {
  const links = parse(linkHeader(address, [], page))
  expect(Object.fromEntries(Object.entries(links).map(([relation, query]) => [relation, query['offset']]))).toEqual(
    offsets,
  )
})

test('other parameters are repeated, and no comma stands bare in a URL', () => {
  const filter = "title='a, b' AND status='active'"
  const header = linkHeader(
    address,
    [
      ['fields', 'a,b'],
      ['filter', filter],
    ],
    { limit: 1, offset: 0, total: 3, next: 'x' },
  )
  expect(parse(header)['next']).toEqual({ limit: '1', offset: '1', after: 'x', fields: 'a,b', filter })
})
