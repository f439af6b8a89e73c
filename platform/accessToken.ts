import { randomUUID, type KeyObject } from 'node:crypto'
import jwt, { type JwtPayload } from 'jsonwebtoken'
import { derivedKey } from './config'
import { secretKey } from './secretKey'

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

/** A JWT for the Authorization header (OAuth 2 bearer token, RFC 6750), valid for `seconds`. */
export function signAccessToken(
  claims: Pick<AccessTokenClaims, 'clientId' | 'tenantId' | 'scopes'>,
  secret: string,
  seconds: number,
): string {
  const key = signingKey(secret)
  return jwt.sign({ client_id: claims.clientId, tenant: claims.tenantId, scope: claims.scopes.join(' ') }, key.value, {
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
 * What a token says, or undefined unless this hub signed it, with this algorithm and key, for this purpose, and it is not expired
 * (RFC 8725: algorithm pinned, key chosen by `kid`, issuer and audience checked).
 */
export function readAccessToken(token: string, secret: string): AccessTokenClaims | undefined {
  const key = signingKey(secret)
  try {
    const { header, payload } = jwt.verify(token, key.value, {
      algorithms: [algorithm],
      audience,
      issuer,
      complete: true,
    })
    if (header.kid !== key.id || typeof payload !== 'object') return undefined
    return readClaims(payload)
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

/** The id is public: it names the key, so that a token signed by another key is refused before its signature is computed. */
function signingKey(secret: string): { id: string; value: KeyObject } {
  return { id: keyId(secret), value: secretKey(secret, 'access token') }
}

let known: { secret: string; id: string } | undefined

function keyId(secret: string): string {
  if (known?.secret !== secret) known = { secret, id: derivedKey(secret, 'access token key id').slice(0, 16) }
  return known.id
}
