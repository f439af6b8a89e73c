import { recordAudit } from '../../platform/audit'
import { announceClientChange } from '../../platform/clientChanges'
import { coded } from '../../platform/errors'
import { readClientChange, type UpdateClientInput } from './clientInput'
import { apiClientColumns, lockClient } from './clients'
import type { AccessContext } from './context'
import type { ApiClient } from './entities'
import { assignableScopes, checkSchoolScopes } from './grantedScopes'

/**
 * Changes a client of the caller's tenant; what it may do and from where holds from its next request on. Throws INVALID_DATA, UNKNOWN_OBJECT,
 * CONFLICT for a revoked client, FORBIDDEN for a client that may do more than the caller could grant: a wider address list is a grant too.
 */
export async function updateClient(
  { database, identity, redis }: AccessContext,
  clientId: string,
  input: UpdateClientInput,
): Promise<ApiClient> {
  const updated = await database.transaction(identity.tenantId, async (client) => {
    const before = await lockClient(client, identity.tenantId, clientId)
    if (before.revokedAt) throw coded('CONFLICT', 'A revoked client cannot be changed; create another one')
    assignableScopes(before.scopes, identity.scopes)
    const held = { ...before, allowedAddresses: before.allowedAddresses ?? [] }
    const after = readClientChange(input, held, identity.scopes)
    checkSchoolScopes({ scopes: after.scopes, schools: before.schools })
    const { rows } = await client.query<ApiClient>(
      `update api_clients set name = $3, description = $4, contact = $5, scopes = $6, allowed_addresses = $7, expires_at = $8
       where tenant_id = $1 and client_id = $2 returning ${apiClientColumns}`,
      [
        ...[identity.tenantId, clientId, after.name, after.description, after.contact],
        ...[after.scopes, after.allowedAddresses, after.expiresAt],
      ],
    )
    await recordAudit(client, identity, { operation: 'updateClient', objectKind: 'ApiClient', objectIds: [clientId] })
    return rows[0]!
  })
  await announceClientChange(redis, clientId)
  return updated
}
