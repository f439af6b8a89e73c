import { recordAudit } from '../../platform/audit'
import { announceClientChange } from '../../platform/clientChanges'
import { coded } from '../../platform/errors'
import { readRateLimit, readSchools } from './clientInput'
import { apiClientColumns } from './clients'
import type { AccessContext } from './context'
import type { ApiClient } from './entities'
import { assignableScopes, checkSchoolScopes } from './grantedScopes'
import { writeOneroster11, type Oneroster11Input } from './oneroster11'

/** What can be set of a client that is there. What is not given stays as it is. */
export interface ClientSettings {
  readonly oneroster11?: Oneroster11Input | null
  readonly schools?: readonly string[] | null
  /** Takes the restriction to schools away; an empty list or null never does. */
  readonly everySchool?: boolean | null
  /** Requests a minute; null: as configured for all. */
  readonly rateLimit?: number | null
}

/**
 * Changes a client of the caller's tenant, in force from its next request on. Throws UNKNOWN_OBJECT; INVALID_DATA for schools of a client
 * with scopes beyond reading the roster; FORBIDDEN for schools of a client that may do more than the caller could grant.
 */
export async function configureClient(
  { database, identity, redis }: AccessContext,
  clientId: string,
  { oneroster11, schools, everySchool, rateLimit }: ClientSettings,
): Promise<ApiClient> {
  if (schools && everySchool) throw coded('INVALID_DATA', 'Give schools or everySchool: true, not both')
  const wanted = schools ? readSchools(schools) : null
  const limit = readRateLimit(rateLimit)
  const configured = await database.transaction(identity.tenantId, async (client) => {
    const row = await writeOneroster11(client, identity.tenantId, clientId, oneroster11 ?? {})
    if (!row) throw coded('UNKNOWN_OBJECT', 'There is no such client')
    if (wanted || everySchool) {
      assignableScopes(row.scopes, identity.scopes)
      checkSchoolScopes({ scopes: row.scopes, schools: wanted })
    }
    const { rows } = await client.query<ApiClient>(
      `update api_clients set schools = case when $3 then null else coalesce($4, schools) end,
         rate_limit = case when $5 then $6 else rate_limit end
       where tenant_id = $1 and client_id = $2 returning ${apiClientColumns}`,
      [identity.tenantId, clientId, everySchool ?? false, wanted, rateLimit !== undefined, limit],
    )
    const event = { operation: 'configureClient', objectKind: 'ApiClient', objectIds: [clientId] }
    await recordAudit(client, identity, event)
    return rows[0]!
  })
  await announceClientChange(redis, clientId)
  return configured
}
