import { createHmac, timingSafeEqual } from 'node:crypto'
import { derivedKey } from './config'

/** Carries the caller's address from our REST facade to the gateway when they are processes of their own. */
export const forwardedAddressHeader = 'x-rosterhub-address'
const lifetimeSeconds = 60

/** `address;seconds since 1970;signature`: only a facade of this hub can say for whom it asks, and not for long. */
export function signAddress(address: string, secret: string, now = Date.now()): string {
  const statement = `${address};${Math.floor(now / 1000)}`
  return `${statement};${signature(statement, secret)}`
}

/** The address that a facade vouches for; undefined when the header is missing, forged or older than a minute. */
export function readAddress(header: string | undefined, secret: string, now = Date.now()): string | undefined {
  const [address, seconds, given, ...rest] = header?.split(';') ?? []
  if (!address || !seconds || !given || rest.length) return undefined
  const expected = Buffer.from(signature(`${address};${seconds}`, secret))
  const received = Buffer.from(given)
  if (expected.length !== received.length || !timingSafeEqual(expected, received)) return undefined
  return Math.abs(now / 1000 - Number(seconds)) <= lifetimeSeconds ? address : undefined
}

const keys = new Map<string, string>()

function signature(statement: string, secret: string): string {
  let key = keys.get(secret)
  if (!key) keys.set(secret, (key = derivedKey(secret, 'edge')))
  return createHmac('sha256', key).update(statement).digest('base64url')
}
