import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { Client } from 'pg'
import type { Config } from '../platform/config'
import { seedDevelopment, type SeededAccess } from '../subgraphs/access/seed'

/** What `npm start` writes to .rosterhub/dev.json, for people and scripts that try things out. */
export type DevelopmentFile = {
  /** Base of the OneRoster paths, such as `${restUrl}/users`. */
  restUrl: string
  graphqlUrl: string
  tokenUrl: string
  /** The processes of the hub; none while it is not ready. */
  pids: number[]
} & SeededAccess

/**
 * The ready-made clients: those of the file while the database still knows them, otherwise new ones. Secrets are stored
 * hashed, so credentials that are nowhere else cannot be shown again.
 */
export async function developmentClients(config: Config, file: string): Promise<SeededAccess> {
  const kept = readDevelopmentFile(file)
  const isKnown = kept !== undefined && (await knows(config, kept))
  const made = await seedDevelopment(config, { replace: !isKnown })
  const access = made ?? kept
  if (!access) throw new Error(`${file} is gone and no new development clients could be made: remove the data folder.`)
  const { tenant, vendor, demographicsVendor, admin } = access
  return { tenant, vendor, demographicsVendor, admin }
}

/**
 * What an earlier start wrote stands there until this one is ready, since it keeps the credentials: without its processes, so that whoever
 * waits for a hub does not take the file for one.
 */
export function forgetProcesses(file: string): void {
  const kept = readDevelopmentFile(file)
  if (kept) writeDevelopmentFile(file, { ...kept, pids: [] })
}

/** Readable by its owner only, from the first byte. */
export function writeDevelopmentFile(file: string, content: DevelopmentFile): void {
  const part = `${file}.part`
  writeFileSync(part, JSON.stringify(content, null, 2) + '\n', { mode: 0o600 })
  renameSync(part, file)
}

function readDevelopmentFile(file: string): DevelopmentFile | undefined {
  if (!existsSync(file)) return undefined
  try {
    const content = JSON.parse(readFileSync(file, 'utf8')) as DevelopmentFile
    return [content.vendor, content.demographicsVendor, content.admin].every((client) => client?.clientSecret)
      ? content
      : undefined
  } catch {
    return undefined
  }
}

async function knows(config: Config, { vendor, demographicsVendor, admin }: SeededAccess): Promise<boolean> {
  const client = new Client({ connectionString: config.databaseUrl })
  await client.connect()
  try {
    const ids = [vendor.clientId, demographicsVendor.clientId, admin.clientId]
    const found = await client.query(
      'select 1 from api_clients where client_id = any($1) and revoked_at is null and secret_hash is not null',
      [ids],
    )
    return found.rowCount === ids.length
  } finally {
    await client.end()
  }
}
