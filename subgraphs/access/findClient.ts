import type { Database } from '../../platform/database'
import type { KnownClient } from '../../platform/knownClient'
import { usableScopes, withParts } from './grantedScopes'

/** A client as a credential is checked against it. */
export interface StoredClient {
  readonly clientId: string
  readonly tenantId: number
  readonly scopes: readonly string[]
  readonly secretHash: string | null
  readonly previousSecretHash: string | null
  readonly previousSecretUntil: Date | null
  readonly keyPrefix: string | null
  readonly keyHash: string | null
  readonly previousKeyPrefix: string | null
  readonly previousKeyHash: string | null
  readonly previousKeyUntil: Date | null
  /** Encrypted (oauth1Secrets.ts). */
  readonly oauth1Secret: string | null
  readonly oauth1Methods: readonly string[]
  readonly previousOauth1Secret: string | null
  readonly previousOauth1Until: Date | null
  readonly schools: readonly string[] | null
  readonly allowedAddresses: readonly string[] | null
  readonly rateLimit: number | null
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

const columns = `client_id as "clientId", tenant_id as "tenantId", scopes, secret_hash as "secretHash",
  previous_secret_hash as "previousSecretHash", previous_secret_until as "previousSecretUntil",
  key_prefix as "keyPrefix", key_hash as "keyHash", previous_key_prefix as "previousKeyPrefix",
  previous_key_hash as "previousKeyHash", previous_key_until as "previousKeyUntil",
  oauth1_secret as "oauth1Secret", oauth1_methods as "oauth1Methods",
  previous_oauth1_secret as "previousOauth1Secret", previous_oauth1_until as "previousOauth1Until",
  schools, allowed_addresses as "allowedAddresses", rate_limit as "rateLimit", expires_at as "expiresAt", revoked_at as "revokedAt"`

const nobody = 0

/** The client with this id or this API key prefix, of whatever tenant: who is calling is not known yet. */
export async function findClient(
  database: Database,
  by: { clientId: string } | { keyPrefix: string },
): Promise<StoredClient | undefined> {
  const values = 'clientId' in by ? [by.clientId, null] : [null, by.keyPrefix]
  // A NUL cannot be in a stored id, and PostgreSQL refuses to look for one.
  if (values.some((value) => value?.includes('\0'))) return undefined
  const rows = await database.query<StoredClient>(
    nobody,
    `select ${columns} from find_api_client($1, $2)`,
    values,
    'find_api_client',
  )
  return rows[0]
}

/** Whether the client may act at all at this moment. */
export function isUsable(client: Pick<StoredClient, 'expiresAt' | 'revokedAt'>): boolean {
  return !client.revokedAt && (!client.expiresAt || client.expiresAt.getTime() > Date.now())
}

/** What the gateway gets to know; `until` ends the credential before its client ends. */
export async function asKnownClient(
  database: Database,
  client: StoredClient,
  until: Date | null = null,
): Promise<KnownClient> {
  const [tenant] = await database.query<{ code: string }>(
    client.tenantId,
    'select code from tenants where tenant_id = $1',
    [client.tenantId],
    'tenant_code',
  )
  const ends = [client.expiresAt, until].filter((date) => date !== null).sort((a, b) => a.getTime() - b.getTime())
  return {
    clientId: client.clientId,
    tenantId: client.tenantId,
    tenant: tenant!.code,
    // A token is cut down to these, so the parts that it may have been granted are among them.
    scopes: withParts(usableScopes(client)),
    schools: client.schools,
    allowedAddresses: client.allowedAddresses ?? [],
    rateLimit: client.rateLimit,
    expiresAt: ends[0]?.toISOString() ?? null,
  }
}
