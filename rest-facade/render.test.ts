import { encodingOf } from './render'

/** RFC 9110 section 12.5.3. */
test.each([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['deflate, zstd', undefined],
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['gzip, deflate, br', 'br'],
  ['gzip;q=0.5, br;q=0.1', 'gzip'],
  ['gzip;q=0.1, br;q=0.5', 'br'],
  ['br;q=0.999,gzip', 'gzip'],
  ['gzip;q=0.5, br;q=0.5', 'br'],
  ['br ; Q=0.5 , gzip ; Q=0.8', 'gzip'],
  ['br;q=0, gzip;q=0.5', 'gzip'],
  ['br;q=0.000, gzip;q=0', undefined],
  ['identity;q=0.5, gzip;q=1.0', 'gzip'],
  ['identity, gzip;q=0.5', undefined],
  ['identity;q=0, gzip;q=0.001', 'gzip'],
  ['*', 'br'],
  ['br;q=0, *', 'gzip'],
  ['gzip;q=0.5, *;q=0', 'gzip'],
  ['*;q=0', undefined],
  ['gzip;q=much', 'gzip'],
])('who accepts %j gets %s', (accepted, encoding) => {
  expect(encodingOf(accepted)).toBe(encoding)
})
