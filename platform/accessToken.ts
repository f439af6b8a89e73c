import { randomUUID } from 'node:crypto'
import jwt, { type JwtPayload } from 'jsonwebtoken'
import { secretKey } from './secretKey'
import { keyOfToken, signingKeysOf, type Signing } from './signingKeys'

/** What an access token says; whether its client may still use it is asked anew at the edge. */
export interface AccessTokenClaims {
  readonly clientId: string
  readonly tenantId: number
  readonly scopes: readonly string[]
  /** Seconds since 1970. */
  readonly expiresAt: number
}

const issuer = 'rosterhub'
const audience = 'rosterhub:api'
const algorithm = 'HS256'
const purpose = 'access token'

/** A JWT for the Authorization header (OAuth 2 bearer token, RFC 6750), valid for `seconds`. */
export function signAccessToken(
  claims: Pick<AccessTokenClaims, 'clientId' | 'tenantId' | 'scopes'>,
  signing: Signing,
  seconds: number,
): string {
  const key = signingKeysOf(signing).current()
  const said = { client_id: claims.clientId, tenant: claims.tenantId, scope: claims.scopes.join(' ') }
  return jwt.sign(said, secretKey(key.secret, purpose), {
    algorithm,
    audience,
    issuer,
    keyid: key.id,
    subject: claims.clientId,
    jwtid: randomUUID(),
    expiresIn: seconds,
  })
}

/**
 * What a token says, or undefined unless this hub signed it, with this algorithm and a key that has not ended, for this purpose, and it is
 * not expired (RFC 8725: algorithm pinned, key chosen by `kid`, issuer and audience checked).
 */
export function readAccessToken(token: string, signing: Signing): AccessTokenClaims | undefined {
  const key = keyOfToken(token, signing)
  if (!key) return undefined
  try {
    const payload = jwt.verify(token, secretKey(key.secret, purpose), { algorithms: [algorithm], audience, issuer })
    return typeof payload === 'object' ? readClaims(payload) : undefined
  } catch {
    // Why it failed helps nobody but a forger.
    return undefined
  }
}

function readClaims(payload: JwtPayload): AccessTokenClaims | undefined {
  const { client_id: clientId, tenant: tenantId, scope, exp } = payload
  if (typeof clientId !== 'string' || !Number.isInteger(tenantId) || typeof scope !== 'string' || !exp) return undefined
  return { clientId, tenantId: tenantId as number, scopes: scope.split(' ').filter(Boolean), expiresAt: exp }
}
