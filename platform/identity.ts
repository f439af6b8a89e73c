import jwt from 'jsonwebtoken'
import { coded } from './errors'
import { securityEvent } from './securityEvents'
import { secretKey } from './secretKey'
import { keyOfToken, signingKeysOf, type Signing } from './signingKeys'

/** Who asks, as the gateway found out at the edge. Everything behind it believes this and nothing else. */
export interface Identity {
  /** 0 is nobody: row-level security shows such a caller no row. */
  readonly tenantId: number
  readonly tenant: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Schools that the caller may see; undefined: all of its tenant. */
  readonly schools?: readonly string[]
  readonly requestId: string
  /** Address of the caller, for the audit trail. */
  readonly address: string
}

export const identityHeader = 'x-rosterhub-identity'
const audience = 'rosterhub:subgraph'
const purpose = 'identity statement'
const lifetimeSeconds = 60

/** What a statement says: who is asking, and which request it was made for. */
export interface Statement {
  readonly identity: Identity
  readonly digest: string
}

/** The short-lived signed statement that travels from the gateway to a subgraph, for one request (requestDigest of boundRequest.ts). */
export function signIdentity(identity: Identity, signing: Signing, digest: string): string {
  const key = signingKeysOf(signing).current()
  return jwt.sign({ identity, digest }, secretKey(key.secret, purpose), {
    algorithm: 'HS256',
    keyid: key.id,
    audience,
    expiresIn: lifetimeSeconds,
  })
}

/**
 * Throws UNAUTHENTICATED unless the statement is signed by a gateway of this hub, meant for subgraphs and not expired. Who it names may be told
 * only after requireRequest.
 */
export function verifyIdentity(statement: string | undefined, signing: Signing): Statement {
  const key = keyOfToken(statement ?? '', signing)
  try {
    const options = { algorithms: ['HS256' as const], audience }
    const claims = key && jwt.verify(statement ?? '', secretKey(key.secret, purpose), options)
    if (typeof claims === 'object' && isIdentity(claims['identity']) && typeof claims['digest'] === 'string') {
      return { identity: claims['identity'], digest: claims['digest'] }
    }
  } catch {
    // Why it failed helps nobody but a forger.
  }
  throw refused()
}

/** Throws UNAUTHENTICATED unless the statement was made for this request: a captured one opens nothing else. */
export function requireRequest({ identity, digest }: Statement, wanted: string): void {
  if (digest === wanted) return
  const { clientId, address, requestId } = identity
  securityEvent('statementRefused', clientId || address, { clientId, address, requestId })
  throw refused()
}

function refused(): Error {
  return coded('UNAUTHENTICATED', 'A subgraph answers the gateway only')
}

/** Throws FORBIDDEN unless the caller holds at least one of the scopes. */
export function requireScope(identity: Identity, ...anyOf: readonly string[]): void {
  const missing = missingScope(identity, anyOf)
  if (missing) throw missing
}

/** The error for a caller with none of the scopes, which is also an event for those who watch over security. */
export function missingScope(identity: Identity, anyOf: readonly string[]): Error | undefined {
  if (identity.tenantId > 0 && anyOf.some((scope) => identity.scopes.includes(scope))) return undefined
  const { clientId, address, requestId } = identity
  securityEvent('scopeRefused', clientId || address, { clientId, needed: anyOf, address, requestId })
  return coded('FORBIDDEN', `This needs one of the scopes ${anyOf.join(', ')}`)
}

function isIdentity(value: unknown): value is Identity {
  const identity = value as Identity
  if (typeof identity !== 'object' || !Number.isInteger(identity?.tenantId)) return false
  return Array.isArray(identity.scopes) && (identity.schools === undefined || Array.isArray(identity.schools))
}
