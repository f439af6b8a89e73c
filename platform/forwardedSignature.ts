import { createHmac, timingSafeEqual } from 'node:crypto'
import { derivedKey } from './derivedKey'
import type { SignedRequest } from './oauth1'
import { signingKeysOf, type Signing, type SigningKey } from './signingKeys'

/** Carries a signed request from our REST facade to the gateway when they are processes of their own. */
export const forwardedSignatureHeader = 'x-rosterhub-oauth1'
const lifetimeSeconds = 60

/** What was signed is the request to the facade, so only a facade of this hub may say what that was, and not for long. */
export function forwardSignature(
  { method, url, authorization }: SignedRequest,
  signing: Signing,
  now = Date.now(),
): string {
  const statement = JSON.stringify({ method, url, authorization, at: Math.floor(now / 1000) })
  const text = Buffer.from(statement).toString('base64url')
  const key = signingKeysOf(signing).current()
  return `${text}.${key.id}.${macOf(text, key)}`
}

/** The signed request that a facade vouches for; undefined when the header is missing, forged or older than a minute. */
export function readForwardedSignature(
  header: string | undefined,
  signing: Signing,
  now = Date.now(),
): SignedRequest | undefined {
  const [text, keyId, given, ...rest] = header?.split('.') ?? []
  const key = signingKeysOf(signing).find(keyId)
  if (!text || !given || rest.length || !key) return undefined
  const [expected, received] = [Buffer.from(macOf(text, key)), Buffer.from(given)]
  if (expected.length !== received.length || !timingSafeEqual(expected, received)) return undefined
  const { at, ...request } = JSON.parse(Buffer.from(text, 'base64url').toString()) as SignedRequest & { at: number }
  return Math.abs(now / 1000 - at) <= lifetimeSeconds ? request : undefined
}

function macOf(text: string, { secret }: SigningKey): string {
  return createHmac('sha256', derivedKey(secret, 'edge oauth1')).update(text).digest('base64url')
}
