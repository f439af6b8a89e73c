import { createHmac, timingSafeEqual } from 'node:crypto'
import { derivedKey } from './derivedKey'
import { signingKeysOf, type Signing, type SigningKey } from './signingKeys'

/** Carries the caller's address from our REST facade to the gateway when they are processes of their own. */
export const forwardedAddressHeader = 'x-rosterhub-address'
const lifetimeSeconds = 60

/** `address;seconds since 1970;key id;signature`: only a facade of this hub can say for whom it asks, and not for long. */
export function signAddress(address: string, signing: Signing, now = Date.now()): string {
  const key = signingKeysOf(signing).current()
  const statement = `${address};${Math.floor(now / 1000)};${key.id}`
  return `${statement};${signature(statement, key)}`
}

/** The address that a facade vouches for; undefined when the header is missing, forged or older than a minute. */
export function readAddress(header: string | undefined, signing: Signing, now = Date.now()): string | undefined {
  const [address, seconds, keyId, given, ...rest] = header?.split(';') ?? []
  if (!address || !seconds || !given || rest.length) return undefined
  const key = signingKeysOf(signing).find(keyId)
  if (!key) return undefined
  const expected = Buffer.from(signature(`${address};${seconds};${keyId}`, key))
  const received = Buffer.from(given)
  if (expected.length !== received.length || !timingSafeEqual(expected, received)) return undefined
  return Math.abs(now / 1000 - Number(seconds)) <= lifetimeSeconds ? address : undefined
}

const keys = new Map<string, string>()

function signature(statement: string, { secret }: SigningKey): string {
  let key = keys.get(secret)
  if (!key) keys.set(secret, (key = derivedKey(secret, 'edge')))
  return createHmac('sha256', key).update(statement).digest('base64url')
}
