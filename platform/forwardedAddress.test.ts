import { readAddress, signAddress } from './forwardedAddress'

const secret = 'a secret of this hub'

test('an address that a facade of this hub signed is believed for a minute', () => {
  const now = Date.now()
  const header = signAddress('2001:db8::7', secret, now)
  expect(readAddress(header, secret, now + 30_000)).toBe('2001:db8::7')
  expect(readAddress(header, secret, now + 90_000)).toBeUndefined()
})

test.each([
  ['nothing', undefined],
  ['a bare address', '192.0.2.1'],
  ['another address under the same signature', signAddress('192.0.2.1', secret).replace('192.0.2.1', '192.0.2.2')],
  ['a signature of another hub', signAddress('192.0.2.1', 'another secret')],
])('%s is not believed', (_what, header) => {
  expect(readAddress(header, secret)).toBeUndefined()
})
