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

/** The short-lived signed statement that travels from the gateway to a subgraph. */
export function signIdentity(identity: Identity, signing: Signing): string {
  const key = signingKeysOf(signing).current()
  return jwt.sign({ identity }, secretKey(key.secret, purpose), {
    algorithm: 'HS256',
    keyid: key.id,
    audience,
    expiresIn: lifetimeSeconds,
  })
}

/** Throws UNAUTHENTICATED unless the statement is signed by a gateway of this hub, meant for subgraphs and not expired. */
export function verifyIdentity(statement: string | undefined, signing: Signing): Identity {
  const key = keyOfToken(statement ?? '', signing)
  try {
    const options = { algorithms: ['HS256' as const], audience }
    const claims = key && jwt.verify(statement ?? '', secretKey(key.secret, purpose), options)
    if (typeof claims === 'object' && isIdentity(claims['identity'])) return claims['identity']
  } catch {
    // Why it failed helps nobody but a forger.
  }
  throw coded('UNAUTHENTICATED', 'A subgraph answers the gateway only')
}

/** Throws FORBIDDEN unless the caller holds at least one of the scopes. */
export function requireScope(identity: Identity, ...anyOf: readonly string[]): void {
  if (identity.tenantId > 0 && anyOf.some((scope) => identity.scopes.includes(scope))) return
  const { clientId, address, requestId } = identity
  securityEvent('scopeRefused', clientId || address, { clientId, needed: anyOf, address, requestId })
  throw coded('FORBIDDEN', `This needs one of the scopes ${anyOf.join(', ')}`)
}

function isIdentity(value: unknown): value is Identity {
  const identity = value as Identity
  if (typeof identity !== 'object' || !Number.isInteger(identity?.tenantId)) return false
  return Array.isArray(identity.scopes) && (identity.schools === undefined || Array.isArray(identity.schools))
}
