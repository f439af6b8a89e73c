import type { PoolClient } from 'pg'
import { recordAudit } from '../../platform/audit'
import { announceClientChange } from '../../platform/clientChanges'
import { coded } from '../../platform/errors'
import { insertClient, makeCredentials, type ClientCredentials } from './clients'
import type { AccessContext } from './context'
import { adminScopes } from './createAdmin'
import type { Tenant } from './entities'

/**
 * What a client of the platform does with tenants. Each act stands in the platform's own trail; nothing of a tenant's data is shown here.
 */

/** Every tenant, by code. */
export function findTenants({ database, identity }: AccessContext): Promise<Tenant[]> {
  return database.query<Tenant>(identity.tenantId, `select ${tenantColumns} from all_tenants()`, [])
}

export interface CreatedTenant {
  readonly tenant: Tenant
  readonly administrator: ClientCredentials
}

/** Makes a tenant with its first administrator, whose credentials are shown once. Throws INVALID_DATA, CONFLICT for a code that is taken. */
export async function createTenant(
  { database, identity }: AccessContext,
  { code, name }: { code: string; name: string },
): Promise<CreatedTenant> {
  const trimmed = name.trim()
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(code)) {
    throw coded('INVALID_DATA', 'code must be 1 to 63 lower-case letters, digits and hyphens', { field: 'code' })
  }
  if (!trimmed || trimmed.length > 200 || /[\0-\x1f\x7f]/.test(trimmed)) {
    throw coded('INVALID_DATA', 'name must be 1 to 200 characters without control characters', { field: 'name' })
  }
  const made = await makeCredentials(true)
  return database.transaction(identity.tenantId, async (client) => {
    const tenant = await one(client, 'create_tenant($1, $2)', [code, trimmed])
    if (!tenant) throw coded('CONFLICT', 'There is a tenant with this code already')
    await recordAudit(client, identity, { operation: 'createTenant', objectKind: 'Tenant', objectIds: [code] })
    // Row-level security lets a client be written for the tenant of the connection only; this lasts until the transaction ends.
    await client.query(`select set_config('rosterhub.tenant', $1, true)`, [String(tenant.tenantId)])
    const wanted = { name: 'Administrator', description: 'Made with the tenant', contact: null, allowedAddresses: [] }
    const settings = { ...wanted, scopes: adminScopes, expiresAt: null, withApiKey: true }
    const row = await insertClient(client, tenant.tenantId, settings, made)
    const { clientSecret, apiKey } = made
    const shown = { client: row, clientId: row.clientId, clientSecret, apiKey }
    return { tenant, administrator: { ...shown, oauth1Secret: null, previousValidUntil: null } }
  })
}

/** Refuses every request of the tenant's clients from now on; doing it again changes nothing. Throws UNKNOWN_OBJECT, CONFLICT. */
export function suspendTenant(context: AccessContext, code: string): Promise<Tenant> {
  return change(context, code, 'suspendTenant', 'suspend_tenant($1, true)')
}

/** Takes a suspension back. Throws UNKNOWN_OBJECT; CONFLICT for a tenant that is being deleted. */
export function resumeTenant(context: AccessContext, code: string): Promise<Tenant> {
  return change(context, code, 'resumeTenant', 'suspend_tenant($1, false)')
}

/**
 * Deletes a suspended tenant with all its data; the worker does it, within minutes, and goes on after a crash. Doing it again changes nothing.
 * Throws UNKNOWN_OBJECT; CONFLICT for one that is not suspended.
 */
export function deleteTenant(context: AccessContext, code: string): Promise<Tenant> {
  return change(context, code, 'deleteTenant', 'begin_tenant_deletion($1)')
}

async function change(context: AccessContext, code: string, operation: string, act: string): Promise<Tenant> {
  const { database, identity, redis } = context
  if (code === identity.tenant) throw coded('CONFLICT', 'Nobody can suspend or delete the tenant he belongs to')
  const tenant = await database.transaction(identity.tenantId, async (client) => {
    const changed = await one(client, act, [code])
    if (!changed) {
      if (!(await one(client, 'all_tenants() where code = $1', [code])))
        throw coded('UNKNOWN_OBJECT', 'There is no tenant with this code')
      throw coded('CONFLICT', 'A tenant must be suspended before it is deleted, and cannot be resumed after that')
    }
    await recordAudit(client, identity, { operation, objectKind: 'Tenant', objectIds: [code] })
    return changed
  })
  const clients = await database.query<{ clientId: string }>(
    tenant.tenantId,
    'select client_id as "clientId" from api_clients where tenant_id = $1 and revoked_at is null',
    [tenant.tenantId],
  )
  await Promise.all(clients.map(({ clientId }) => announceClientChange(redis, clientId)))
  return tenant
}

async function one(client: PoolClient, act: string, values: unknown[]): Promise<Tenant | undefined> {
  const { rows } = await client.query<Tenant>(`select ${tenantColumns} from ${act}`, values)
  return rows[0]
}

const tenantColumns = `tenant_id as "tenantId", code, name, created_at as "createdAt", suspended_at as "suspendedAt",
  deleting_at as "deletingAt"`
