import { Client } from 'pg'
import { scopes } from '../../oneroster/scopes'
import type { Identity } from '../../platform/identity'

/** Makes a tenant and answers its id. */
export async function createTenant(ownerUrl: string, code: string): Promise<number> {
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ tenant_id: number }>(
      'insert into tenants (code, name) values ($1, $1) returning tenant_id',
      [code],
    )
    return rows[0]!.tenant_id
  } finally {
    await client.end()
  }
}

/** A caller who may do everything in its tenant, unless other scopes are given. */
export function identityOf(tenantId: number, granted: readonly string[] = Object.values(scopes)): Identity {
  return {
    tenantId,
    tenant: `tenant-${tenantId}`,
    clientId: 'test-client',
    scopes: granted,
    requestId: 'test',
    address: '127.0.0.1',
  }
}
