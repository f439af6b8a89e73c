import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { scopes } from '../../oneroster/scopes'
import { readConfig, type Config } from '../../platform/config'
import { insertClient, makeCredentials } from './clients'

export interface WantedAdmin {
  /** Code of the board: lower-case letters, digits and hyphens. */
  readonly tenant: string
  /** Name of the board; used when the tenant is made. */
  readonly name?: string | undefined
  readonly clientName?: string | undefined
  readonly contact?: string | undefined
  /** Make one more, although there is one. */
  readonly another?: boolean | undefined
  /** An administrator of the hub instead of one of the board. */
  readonly platform?: boolean | undefined
}

export type MadeAdmin =
  | { readonly tenant: string; readonly clientId: string; readonly clientSecret: string; readonly apiKey: string }
  /** There is an administrator already; nothing was made. */
  | { readonly tenant: string; readonly existing: string }

/** All but demographics: whoever needs those gets a client of its own, which this one may make. */
export const adminScopes: readonly string[] = Object.values(scopes).filter(
  (scope) => scope !== scopes.demographics && scope !== scopes.platform,
)

/** Who runs the hub makes, suspends and deletes tenants, and sees no roster. */
const platformScopes: readonly string[] = [scopes.platform, scopes.clients, scopes.audit]

/**
 * The first administrator of a board: makes the tenant when there is none with the code, and in it a client that may do everything and make
 * other clients. Runs as the owner of the database, since a serving process may not make a tenant. Done again it makes nothing.
 * Throws an Error whose message says what to do.
 */
export async function createAdmin(config: Pick<Config, 'databaseUrl'>, wanted: WantedAdmin): Promise<MadeAdmin> {
  checkWanted(wanted)
  const client = new Client({ connectionString: config.databaseUrl, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    await client.query('begin')
    const tenantId = await ensureTenant(client, wanted)
    const existing = wanted.another
      ? undefined
      : await findAdmin(client, tenantId, wanted.platform ? scopes.platform : scopes.clients)
    if (existing) return { tenant: wanted.tenant, existing }
    const made = await makeCredentials(true)
    const { clientId } = await insertClient(
      client,
      tenantId,
      {
        name: wanted.clientName ?? 'Administrator',
        description: 'Made by npm run admin:create',
        contact: wanted.contact ?? null,
        scopes: wanted.platform ? platformScopes : adminScopes,
        allowedAddresses: [],
        expiresAt: null,
        withApiKey: true,
      },
      made,
    )
    await recordCreation(client, tenantId, clientId)
    await client.query('commit')
    return { tenant: wanted.tenant, clientId, clientSecret: made.clientSecret, apiKey: made.apiKey! }
  } catch (error) {
    throw explained(error)
  } finally {
    // Ends the transaction too, when it is still open.
    await client.end().catch(() => undefined)
  }
}

function checkWanted({ tenant, name, clientName, contact }: WantedAdmin): void {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant)) {
    throw new Error('--tenant must be a code of 1 to 63 lower-case letters, digits and hyphens, such as mirai-shi')
  }
  for (const text of [name, clientName, contact]) {
    if (text !== undefined && (!text.trim() || text.length > 200)) {
      throw new Error('--name, --client and --contact must have 1 to 200 characters')
    }
  }
}

/** The row lock makes a second command at the same time wait and then find the administrator. A name that is there stays. */
async function ensureTenant(client: Client, { tenant, name }: WantedAdmin): Promise<number> {
  const { rows } = await client.query<{ tenant_id: number }>(
    `insert into tenants (code, name) values ($1, $2)
     on conflict (code) do update set code = excluded.code returning tenant_id`,
    [tenant, name ?? tenant],
  )
  return rows[0]!.tenant_id
}

async function findAdmin(client: Client, tenantId: number, scope: string): Promise<string | undefined> {
  const { rows } = await client.query<{ client_id: string }>(
    `select client_id from api_clients
     where tenant_id = $1 and $2 = any(scopes) and revoked_at is null and (expires_at is null or expires_at > now())
     order by created_at limit 1`,
    [tenantId, scope],
  )
  return rows[0]?.client_id
}

/** Nobody asked over the network, so the trail has no address. */
async function recordCreation(client: Client, tenantId: number, clientId: string): Promise<void> {
  await client.query(
    `insert into audit_events (tenant_id, client_id, operation, object_kind, object_ids, object_count, request_id)
     values ($1, 'admin:create', 'createClient', 'ApiClient', array[$2], 1, 'admin:create')`,
    [tenantId, clientId],
  )
}

/** What stops people on their first day, in one sentence; nothing of a URL is repeated, since it may hold a password. */
function explained(error: unknown): Error {
  const { code, message } = error as { code?: string; message: string }
  if (code === '42P01' || code === '42703') return new Error('The database is not migrated: run npm run migrate first.')
  if (code === '42501') return new Error('DATABASE_URL must be the login that owns the tables, not that of a service.')
  if (code === '28P01' || code === '28000') return new Error('PostgreSQL refuses the login of DATABASE_URL.')
  if (code === '3D000') return new Error('The database of DATABASE_URL does not exist.')
  if (/^(ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_)/.test(code ?? '') || /timeout expired/.test(message)) {
    return new Error('PostgreSQL cannot be reached at DATABASE_URL. Is it running, and is DATABASE_URL set?')
  }
  return error as Error
}

const usage = `npm run admin:create -- --tenant <code> [--name <name of the board>] [--client <name>] [--contact <who answers for it>]
  [--another]   one more, although the board has an administrator
  [--platform]  of the hub: makes, suspends and deletes tenants (docs/schools-and-tenants.md); use a tenant of its own
  [--json]      the credentials as one line of JSON`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tenant: { type: 'string' },
      name: { type: 'string' },
      client: { type: 'string' },
      contact: { type: 'string' },
      another: { type: 'boolean' },
      platform: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help || !values.tenant) {
    if (!values.help) process.exitCode = 1
    return void console.log(usage)
  }
  const { client, json, tenant, name, contact, another, platform } = values
  const made = await createAdmin(readConfig(), { tenant, name, contact, another, platform, clientName: client })
  if (json) console.log(JSON.stringify(made))
  else if ('existing' in made) {
    console.log(
      `${tenant} has an administrator already (${made.existing}); nothing was made. --another makes one more.`,
    )
  } else console.log(shown(made))
}

function shown(made: Exclude<MadeAdmin, { existing: string }>): string {
  return [
    `An administrator of ${made.tenant}. These are shown once; nothing can show them again:`,
    '',
    `  client id      ${made.clientId}`,
    `  client secret  ${made.clientSecret}`,
    `  API key        ${made.apiKey}`,
  ].join('\n')
}

if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  })
}
