import { readAccessToken, type AccessTokenClaims } from '../platform/accessToken'
import { boundedMap } from '../platform/boundedMap'
import type { Signing } from '../platform/signingKeys'
import { rememberedMilliseconds } from './callers'

export type TokenReader = (token: string) => AccessTokenClaims | undefined

const rememberedTokens = 1_000

/**
 * Reads access tokens as `readAccessToken` does, and remembers for a few seconds what was verified: a client that reads page by page sends
 * the same token a thousand times, and its signature was a twelfth of the work of a single read. A token ends on time; one whose key was
 * retired ends within these seconds. What is not valid is never remembered.
 */
export function knownTokens(signing: Signing): TokenReader {
  const known = boundedMap<string, { readonly until: number; readonly claims: AccessTokenClaims }>(rememberedTokens)
  return (token) => {
    const now = Date.now()
    const entry = known.get(token)
    if (entry && now < entry.until) return entry.claims
    const claims = readAccessToken(token, signing)
    if (claims) known.set(token, { until: Math.min(now + rememberedMilliseconds, claims.expiresAt * 1000), claims })
    return claims
  }
}
