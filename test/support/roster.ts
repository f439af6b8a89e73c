import { scopes } from '../../oneroster/scopes'
import type { Identity } from '../../platform/identity'
import type { NewClient } from '../../subgraphs/access/clientInput'
import { insertClient, makeCredentials } from '../../subgraphs/access/clients'
import { askDatabase, connected } from './database'

/** Makes a tenant and answers its id. */
export async function createTenant(ownerUrl: string, code: string): Promise<number> {
  const text = 'insert into tenants (code, name) values ($1, $1) returning tenant_id'
  return (await askDatabase(ownerUrl, text, [code]))[0].tenant_id
}

/** Makes a client of a tenant, with an API key, that may do everything unless said otherwise. */
export async function createApiClient(
  ownerUrl: string,
  tenantId: number,
  wanted: Partial<NewClient> = {},
): Promise<{ clientId: string; clientSecret: string; apiKey: string }> {
  const made = await makeCredentials(true)
  const usual = { name: 'x', description: null, contact: null, allowedAddresses: [], expiresAt: null, withApiKey: true }
  const all = { ...usual, scopes: Object.values(scopes), ...wanted }
  const { clientId } = await connected(ownerUrl, (client) => insertClient(client, tenantId, all, made))
  return { clientId, clientSecret: made.clientSecret, apiKey: made.apiKey! }
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
