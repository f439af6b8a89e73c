import { Kind, OperationTypeNode, type DocumentNode } from 'graphql'
import type { AccessTokenClaims } from '../platform/accessToken'
import { isAllowedAddress } from '../platform/addresses'
import { coded } from '../platform/errors'
import type { Identity } from '../platform/identity'
import type { KnownClient } from '../platform/knownClient'
import type { SignedRequest } from '../platform/oauth1'
import { securityEvent } from '../platform/securityEvents'
import type { Callers } from './callers'
import type { TokenReader } from './knownTokens'

/** What a request brings to say who is calling, and from where. */
export interface Credentials {
  /** The Authorization header. */
  readonly authorization?: string | undefined
  /** The X-API-Key header. */
  readonly apiKey?: string | undefined
  /** A signed request of OneRoster 1.1; takes the place of the other two. */
  readonly oauth1?: SignedRequest | undefined
  readonly address: string
  readonly requestId: string
}

/** A caller who is known, and how many requests a minute it may send; null: as configured for all. */
export interface Authenticated {
  readonly identity: Identity
  readonly requestsPerMinute: number | null
}

/**
 * Who is calling; undefined when no credential was given. Throws UNAUTHENTICATED for one that is not valid (any more), FORBIDDEN for an
 * address its client may not call from, SERVER_BUSY for guessing, UNAVAILABLE when credentials cannot be checked.
 */
export async function authenticate(
  callers: Callers,
  readToken: TokenReader,
  credentials: Credentials,
): Promise<Authenticated | undefined> {
  const { authorization, apiKey, oauth1 } = credentials
  if (oauth1 !== undefined) return identityOf(await callers.bySignature(oauth1, credentials), credentials)
  if (authorization !== undefined)
    return identityOf(await byToken(callers, readToken, authorization, credentials), credentials)
  if (apiKey !== undefined) return identityOf(await callers.byApiKey(apiKey, credentials), credentials)
  return undefined
}

/** Whoever calls without a credential may only ask for a token, once: aliases would be guesses that count as one. */
export function asksOnlyForToken({ definitions }: DocumentNode): boolean {
  const [definition, ...others] = definitions
  if (others.length || definition?.kind !== Kind.OPERATION_DEFINITION) return false
  const [selection, ...more] = definition.selectionSet.selections
  return (
    definition.operation === OperationTypeNode.MUTATION &&
    more.length === 0 &&
    selection?.kind === Kind.FIELD &&
    selection.name.value === 'issueToken'
  )
}

/** The caller of the one anonymous operation: nobody, but with an address. */
export function anonymous({ address, requestId }: Credentials): Identity {
  return { tenantId: 0, tenant: '', clientId: '', scopes: [], address, requestId }
}

/** The token narrows what the client may do; the client's standing of today narrows what an older token says. */
async function byToken(
  callers: Callers,
  readToken: TokenReader,
  authorization: string,
  credentials: Credentials,
): Promise<KnownClient | null> {
  // RFC 9110 section 11.1: the scheme is case-insensitive.
  const token = /^bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1]
  const claims = token ? readToken(token) : undefined
  if (!claims) return null
  const client = await callers.byClientId(claims.clientId, credentials)
  if (client?.tenantId !== claims.tenantId) return null
  return narrowed(client, claims)
}

/** By token and client: both are the same objects for some seconds (knownTokens.ts, callers.ts). */
const narrowedBefore = new WeakMap<AccessTokenClaims, { readonly of: KnownClient; readonly to: KnownClient }>()

function narrowed(client: KnownClient, claims: AccessTokenClaims): KnownClient {
  const before = narrowedBefore.get(claims)
  if (before?.of === client) return before.to
  const to = { ...client, scopes: client.scopes.filter((scope) => claims.scopes.includes(scope)) }
  narrowedBefore.set(claims, { of: client, to })
  return to
}

function identityOf(client: KnownClient | null, { authorization, address, requestId }: Credentials): Authenticated {
  if (!client || (client.expiresAt !== null && Date.parse(client.expiresAt) <= Date.now())) {
    // Failed keys and signatures are events of the access subgraph, which knows more of them.
    if (authorization !== undefined)
      securityEvent('tokenRefused', address, { ...(client ? { clientId: client.clientId } : {}), address, requestId })
    throw coded('UNAUTHENTICATED', 'The access token, API key or signature is not valid, or not valid any more')
  }
  if (!isAllowedAddress(address, client.allowedAddresses)) {
    securityEvent('addressRefused', client.clientId, { clientId: client.clientId, address, requestId })
    throw coded('FORBIDDEN', 'This client may not call from this address')
  }
  const { clientId, tenantId, tenant, scopes, schools, rateLimit } = client
  const identity = { tenantId, tenant, clientId, scopes, requestId, address }
  return { identity: schools ? { ...identity, schools } : identity, requestsPerMinute: rateLimit }
}
