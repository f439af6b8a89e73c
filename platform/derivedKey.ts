import { createHmac } from 'node:crypto'

/** A key for one purpose, derived from a secret, so that one leaked key opens one door only. */
export function derivedKey(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('hex')
}
