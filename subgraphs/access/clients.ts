import type { PoolClient } from 'pg'
import { recordAudit } from '../../platform/audit'
import { announceClientChange } from '../../platform/clientChanges'
import { coded } from '../../platform/errors'
import type { SignatureMethod } from '../../platform/oauth1'
import { readClientInput, readGrace, readOauth1Methods, type CreateClientInput, type NewClient } from './clientInput'
import type { AccessContext } from './context'
import { hashCredential, newApiKey, newClientId, newClientSecret } from './credentials'
import type { ApiClient } from './entities'
import { assignableScopes } from './grantedScopes'
import { writeOauth1, writeOneroster11 } from './oneroster11'
import { forgetVerifiedKeys } from './verifiedKeys'

/** What is shown once. */
export interface ClientCredentials {
  readonly client: ApiClient
  readonly clientId: string
  readonly clientSecret: string
  readonly apiKey: string | null
  readonly oauth1Secret: string | null
  readonly previousValidUntil: Date | null
}

/** Makes a client of the caller's tenant. Throws INVALID_DATA or FORBIDDEN (grantedScopes.ts). */
export async function createClient(context: AccessContext, input: CreateClientInput): Promise<ClientCredentials> {
  const { config, database, identity } = context
  const wanted = readClientInput(input, identity.scopes)
  const methods = readOauth1Methods(input.allowOauth1, input.oauth1Methods)
  const made = await makeCredentials(wanted.withApiKey)
  return database.transaction(identity.tenantId, async (client) => {
    const inserted = await insertClient(client, identity.tenantId, wanted, made)
    await writeOneroster11(client, identity.tenantId, inserted.clientId, input.oneroster11 ?? {})
    const { row, oauth1Secret } = await writeOauth1(client, inserted, methods, 0, config.secret)
    await recordAudit(client, identity, {
      operation: 'createClient',
      objectKind: 'ApiClient',
      objectIds: [row.clientId],
    })
    return { ...shown(row, made), oauth1Secret, previousValidUntil: null }
  })
}

export interface RotateClientArguments {
  readonly graceSeconds?: number | null
  /** Gives or takes the right to sign; null leaves it as it is. */
  readonly allowOauth1?: boolean | null
  readonly oauth1Methods?: readonly SignatureMethod[] | null
}

/**
 * Gives a client a new secret, and a new API key and OAuth 1 secret if it had them; the old ones stay valid for the grace time. Throws
 * INVALID_DATA, UNKNOWN_OBJECT, CONFLICT for a revoked client, FORBIDDEN for a client that may do more than the caller could grant: the answer holds its credentials.
 */
export async function rotateClient(
  context: AccessContext,
  clientId: string,
  { graceSeconds, allowOauth1, oauth1Methods }: RotateClientArguments,
): Promise<ClientCredentials> {
  const { config, database, identity, redis } = context
  const grace = readGrace(graceSeconds)
  const wanted = readOauth1Methods(allowOauth1, oauth1Methods)
  const made = await makeCredentials(true)
  const rotated = await database.transaction(identity.tenantId, async (client) => {
    const before = await lockClient(client, identity.tenantId, clientId)
    if (before.revokedAt) throw coded('CONFLICT', 'A revoked client cannot be rotated; create another one')
    assignableScopes(before.scopes, identity.scopes)
    const { previousSecretUntil } = await replaceCredentials(client, identity.tenantId, clientId, made, grace)
    const methods = allowOauth1 == null ? (before.oauth1Methods as SignatureMethod[]) : wanted
    const after = await writeOauth1(client, before, methods, grace, config.secret)
    await recordAudit(client, identity, { operation: 'rotateClient', objectKind: 'ApiClient', objectIds: [clientId] })
    return { before, ...after, previousValidUntil: previousSecretUntil }
  })
  await forgetVerifiedKeys(redis, [rotated.before.apiKeyPrefix, rotated.before.previousKeyPrefix])
  await announceClientChange(redis, clientId)
  const { row, oauth1Secret, previousValidUntil } = rotated
  return { ...shown(row, { ...made, apiKey: row.apiKeyPrefix ? made.apiKey : null }), oauth1Secret, previousValidUntil }
}

/** Ends a client; doing it again changes nothing. Throws UNKNOWN_OBJECT. */
export async function revokeClient(context: AccessContext, clientId: string): Promise<ApiClient> {
  const { database, identity, redis } = context
  const revoked = await database.transaction(identity.tenantId, async (client) => {
    const before = await lockClient(client, identity.tenantId, clientId)
    if (before.revokedAt) return { row: before, before }
    const { rows } = await client.query<ApiClient>(
      `update api_clients set revoked_at = now() where tenant_id = $1 and client_id = $2 returning ${apiClientColumns}`,
      [identity.tenantId, clientId],
    )
    await recordAudit(client, identity, { operation: 'revokeClient', objectKind: 'ApiClient', objectIds: [clientId] })
    return { row: rows[0]!, before }
  })
  await forgetVerifiedKeys(redis, [revoked.before.apiKeyPrefix, revoked.before.previousKeyPrefix])
  await announceClientChange(redis, clientId)
  return revoked.row
}

export interface MadeCredentials {
  readonly clientSecret: string
  readonly secretHash: string
  readonly apiKey: string | null
  readonly keyPrefix: string | null
  readonly keyHash: string | null
}

export async function makeCredentials(withApiKey: boolean): Promise<MadeCredentials> {
  const clientSecret = newClientSecret()
  const key = withApiKey ? newApiKey() : undefined
  const [secretHash, keyHash] = await Promise.all([
    hashCredential(clientSecret),
    key ? hashCredential(key.apiKey) : null,
  ])
  return { clientSecret, secretHash, apiKey: key?.apiKey ?? null, keyPrefix: key?.prefix ?? null, keyHash }
}

export const apiClientColumns = `tenant_id as "tenantId", client_id as "clientId", name, description, contact, scopes, revoked_at as "revokedAt",
  schools, allowed_addresses as "allowedAddresses", rate_limit as "rateLimit", key_prefix as "apiKeyPrefix", expires_at as "expiresAt", created_at as "createdAt",
  oauth1_methods as "oauth1Methods", json_booleans as "jsonBooleans", unknown_parent_is_error as "unknownParentIsError",
  identifier_fallback as "identifierFallback"`

export async function insertClient(
  client: Pick<PoolClient, 'query'>,
  tenantId: number,
  wanted: NewClient,
  made: MadeCredentials,
): Promise<ApiClient> {
  const { rows } = await client.query<ApiClient>(
    `insert into api_clients
       (tenant_id, client_id, name, description, scopes, secret_hash, key_prefix, key_hash, allowed_addresses, expires_at,
        contact, schools, rate_limit)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning ${apiClientColumns}`,
    [
      tenantId,
      newClientId(),
      wanted.name,
      wanted.description,
      wanted.scopes,
      made.secretHash,
      made.keyPrefix,
      made.keyHash,
      wanted.allowedAddresses,
      wanted.expiresAt,
      wanted.contact,
      wanted.schools ?? null,
      wanted.rateLimit ?? null,
    ],
  )
  return rows[0]!
}

export async function lockClient(client: PoolClient, tenantId: number, clientId: string) {
  const { rows } = await client.query<ApiClient & { previousKeyPrefix: string | null }>(
    `select ${apiClientColumns}, previous_key_prefix as "previousKeyPrefix"
     from api_clients where tenant_id = $1 and client_id = $2 for update`,
    [tenantId, clientId],
  )
  if (!rows[0]) throw coded('UNKNOWN_OBJECT', 'There is no such client')
  return rows[0]
}

/** One rotation back is remembered, not two: credentials before the previous ones end here whatever grace they had. */
async function replaceCredentials(
  client: PoolClient,
  tenantId: number,
  clientId: string,
  made: MadeCredentials,
  graceSeconds: number,
) {
  const { rows } = await client.query<ApiClient & { previousSecretUntil: Date | null }>(
    `update api_clients set
       previous_secret_hash = case when $6 > 0 then secret_hash end,
       previous_secret_until = case when $6 > 0 then now() + make_interval(secs => $6) end,
       previous_key_prefix = case when $6 > 0 then key_prefix end,
       previous_key_hash = case when $6 > 0 then key_hash end,
       previous_key_until = case when $6 > 0 and key_hash is not null then now() + make_interval(secs => $6) end,
       secret_hash = $3,
       key_prefix = case when key_hash is not null then $4 end,
       key_hash = case when key_hash is not null then $5 end
     where tenant_id = $1 and client_id = $2
     returning ${apiClientColumns}, previous_secret_until as "previousSecretUntil"`,
    [tenantId, clientId, made.secretHash, made.keyPrefix, made.keyHash, graceSeconds],
  )
  return rows[0]!
}

function shown(row: ApiClient, made: MadeCredentials) {
  return { client: row, clientId: row.clientId, clientSecret: made.clientSecret, apiKey: made.apiKey }
}
