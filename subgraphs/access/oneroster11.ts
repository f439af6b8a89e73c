import type { PoolClient } from 'pg'
import type { SignatureMethod } from '../../platform/oauth1'
import { apiClientColumns } from './clients'
import type { ApiClient } from './entities'
import { encryptSecret, newOauth1Secret } from './oauth1Secrets'

/** How OneRoster 1.1 is answered to a client. What is not given stays as it is. */
export interface Oneroster11Input {
  readonly jsonBooleans?: boolean | null
  readonly unknownParentIsError?: boolean | null
  readonly identifierFallback?: boolean | null
}

export async function writeOneroster11(
  client: Pick<PoolClient, 'query'>,
  tenantId: number,
  clientId: string,
  { jsonBooleans, unknownParentIsError, identifierFallback }: Oneroster11Input,
): Promise<ApiClient | undefined> {
  const { rows } = await client.query<ApiClient>(
    `update api_clients set
       json_booleans = coalesce($3, json_booleans),
       unknown_parent_is_error = coalesce($4, unknown_parent_is_error),
       identifier_fallback = coalesce($5, identifier_fallback)
     where tenant_id = $1 and client_id = $2 returning ${apiClientColumns}`,
    [tenantId, clientId, jsonBooleans ?? null, unknownParentIsError ?? null, identifierFallback ?? null],
  )
  return rows[0]
}

/**
 * Gives a client a new OAuth 1 secret for these methods, or takes OAuth 1 from it when there are none. The secret before stays valid for
 * the grace time. Answers the new secret, which nothing can show again.
 */
export async function writeOauth1(
  client: Pick<PoolClient, 'query'>,
  { tenantId, clientId }: Pick<ApiClient, 'tenantId' | 'clientId'>,
  methods: readonly SignatureMethod[],
  graceSeconds: number,
  secret: string,
): Promise<{ row: ApiClient; oauth1Secret: string | null }> {
  const oauth1Secret = methods.length ? newOauth1Secret() : null
  const encrypted = oauth1Secret && encryptSecret(oauth1Secret, clientId, secret)
  const { rows } = await client.query<ApiClient>(
    `update api_clients set
       previous_oauth1_secret = case when $5 > 0 and $4::text is not null then oauth1_secret end,
       previous_oauth1_until = case when $5 > 0 and $4::text is not null then now() + make_interval(secs => $5) end,
       oauth1_secret = $4,
       oauth1_methods = $3
     where tenant_id = $1 and client_id = $2 returning ${apiClientColumns}`,
    [tenantId, clientId, methods, encrypted, graceSeconds],
  )
  return { row: rows[0]!, oauth1Secret }
}
