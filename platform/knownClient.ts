import type { Identity } from './identity'

/** What the access subgraph tells the gateway about the client behind a credential. */
export interface KnownClient {
  readonly clientId: string
  readonly tenantId: number
  readonly tenant: string
  /** What the client may do today, whatever an older token says. */
  readonly scopes: readonly string[]
  /** Schools that the client may see; null: all of its tenant. */
  readonly schools: readonly string[] | null
  readonly allowedAddresses: readonly string[]
  /** Requests a minute; null: as configured for all. */
  readonly rateLimit: number | null
  /** ISO 8601; when this credential stops to be valid, null: never. */
  readonly expiresAt: string | null
}

/** Held by the gateway alone, for the questions it asks before it knows who is calling. No client can be given it. */
export const edgeScope = 'urn:rosterhub:internal:edge'

/** The gateway asking for itself. Tenant 0 is nobody: row-level security shows it nothing. */
export function edgeIdentity(requestId: string, address: string): Identity {
  return { tenantId: 0, tenant: '', clientId: '', scopes: [edgeScope], requestId, address }
}
