import { Client } from 'pg'
import { scopes } from '../../oneroster/scopes'
import type { Config } from '../../platform/config'
import { insertClient, makeCredentials } from './clients'

export interface SeededClient {
  readonly clientId: string
  readonly clientSecret: string
  readonly apiKey?: string
}

/** The parts of .rosterhub/dev.json that only this knows. */
export interface SeededAccess {
  readonly tenant: string
  readonly vendor: SeededClient & { apiKey: string }
  readonly demographicsVendor: SeededClient
  readonly admin: SeededClient & { apiKey: string }
}

const tenantCode = 'sample'
const rosterScopes = [scopes.rosterCore, scopes.roster]

/** The clients that a developer finds ready-made. The administrator cannot read demographics, but may make a client that can. */
const clients = {
  vendor: { name: 'Sample vendor', scopes: rosterScopes, withApiKey: true },
  demographicsVendor: {
    name: 'Sample vendor with demographics',
    scopes: [...rosterScopes, scopes.demographics],
    withApiKey: false,
  },
  admin: {
    name: 'Sample administrator',
    scopes: [
      ...rosterScopes,
      scopes.rosterWrite,
      scopes.imports,
      scopes.exports,
      scopes.clients,
      scopes.audit,
      scopes.privacy,
    ] as string[],
    withApiKey: true,
  },
} as const

const marker = 'Made by npm start for trying things out'

/**
 * For development: the tenant `sample` and its three clients, made when the tenant has none of them. Runs as the owner of the database,
 * since a serving process may not make a tenant. Answers the credentials, which nothing can show again; undefined when the clients are
 * there already, unless `replace` is set (the file that held the credentials was lost): then the old ones are revoked and new ones made.
 */
export async function seedDevelopment(
  config: Pick<Config, 'databaseUrl'>,
  { replace = false } = {},
): Promise<SeededAccess | undefined> {
  const client = new Client({ connectionString: config.databaseUrl })
  await client.connect()
  try {
    await client.query('begin')
    const tenantId = await ensureTenant(client)
    if (!replace && (await hasClients(client, tenantId))) return undefined
    await client.query(
      'update api_clients set revoked_at = now() where tenant_id = $1 and description = $2 and revoked_at is null',
      [tenantId, marker],
    )
    const made = {
      tenant: tenantCode,
      vendor: await addClient(client, tenantId, 'vendor'),
      demographicsVendor: await addClient(client, tenantId, 'demographicsVendor'),
      admin: await addClient(client, tenantId, 'admin'),
    }
    await client.query('commit')
    return made as SeededAccess
  } finally {
    // Ends the transaction too, when it is still open.
    await client.end()
  }
}

/** The row lock on the tenant makes a second seed at the same time wait and then find the clients. */
async function ensureTenant(client: Client): Promise<number> {
  const { rows } = await client.query<{ tenant_id: number }>(
    `insert into tenants (code, name) values ($1, 'Sample district')
     on conflict (code) do update set code = excluded.code returning tenant_id`,
    [tenantCode],
  )
  return rows[0]!.tenant_id
}

async function hasClients(client: Client, tenantId: number): Promise<boolean> {
  const { rows } = await client.query(
    'select 1 from api_clients where tenant_id = $1 and description = $2 and revoked_at is null limit 1',
    [tenantId, marker],
  )
  return rows.length > 0
}

async function addClient(client: Client, tenantId: number, kind: keyof typeof clients): Promise<SeededClient> {
  const { name, scopes: allowed, withApiKey } = clients[kind]
  const made = await makeCredentials(withApiKey)
  const wanted = {
    name,
    description: marker,
    contact: null,
    scopes: allowed,
    allowedAddresses: [],
    expiresAt: null,
    withApiKey,
  }
  const { clientId } = await insertClient(client, tenantId, wanted, made)
  return { clientId, clientSecret: made.clientSecret, ...(made.apiKey ? { apiKey: made.apiKey } : {}) }
}
