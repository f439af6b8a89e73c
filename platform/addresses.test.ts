import { isAddressRange, isAllowedAddress, normalAddress } from './addresses'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['', undefined],
  ['example.org', undefined],
])('the one spelling of %p is %p', (text, expected) => {
  expect(normalAddress(text)).toBe(expected)
})

test.each(['192.0.2.1', '192.0.2.0/24', '0.0.0.0/0', '2001:db8::/32', '::1', '::ffff:192.0.2.0/120'])(
  '%s is a range',
  (text) => expect(isAddressRange(text)).toBe(true),
)

test.each([
  '192.0.2.0/33',
  '10.1',
  '0x7f.1',
  '010.0.0.1/8/8',
  '2001:db8::/129',
  '10.0.0.0/',
  'a',
  '',
  '::ffff:1.2.3.4/8',
])('%p is no range', (text) => expect(isAddressRange(text)).toBe(false))

test('an address is allowed when a range holds it, in whichever spelling', () => {
  expect(isAllowedAddress('::ffff:192.0.2.9', ['192.0.2.0/24'])).toBe(true)
  expect(isAllowedAddress('192.0.2.9', ['::ffff:192.0.2.0/120'])).toBe(true)
  expect(isAllowedAddress('192.0.3.9', ['192.0.2.0/24', '2001:db8::/32'])).toBe(false)
  expect(isAllowedAddress('2001:db8:1::5', ['192.0.2.0/24', '2001:db8::/32'])).toBe(true)
  expect(isAllowedAddress('192.0.2.1', ['192.0.2.1'])).toBe(true)
})

test('no ranges allow every address, ranges allow none that cannot be read', () => {
  expect(isAllowedAddress('anything', [])).toBe(true)
  expect(isAllowedAddress('anything', null)).toBe(true)
  expect(isAllowedAddress('anything', ['0.0.0.0/0', '::/0'])).toBe(false)
})
