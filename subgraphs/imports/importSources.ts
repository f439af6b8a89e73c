import { recordAudit } from '../../platform/audit'
import type { Database } from '../../platform/database'
import { coded } from '../../platform/errors'
import type { Identity } from '../../platform/identity'
import type { ImportJobRow } from './importJobs'

export interface ImportSource {
  readonly code: string
  readonly name: string
  readonly lastImport?: ImportJobRow
}

/** The senders of a tenant by code, each with its last completed import. They come into being with their first import. */
export async function listSources(database: Database, tenantId: number, code?: string): Promise<ImportSource[]> {
  const sources = await database.query<{ source_id: number; code: string; name: string }>(
    tenantId,
    'select source_id, code, name from sources where tenant_id = $1 and ($2::text is null or code = $2) order by code',
    [tenantId, code ?? null],
  )
  const last = await database.query<ImportJobRow & { source_id: number }>(
    tenantId,
    `select distinct on (source_id) * from import_jobs
     where tenant_id = $1 and source_id = any($2) and state = 'COMPLETED' and not options @> '{"dryRun": true}'
     order by source_id, finished_at desc`,
    [tenantId, sources.map((source) => source.source_id)],
  )
  return sources.map(({ source_id, code: own, name }) => {
    const lastImport = last.find((job) => job.source_id === source_id)
    return { code: own, name, ...(lastImport && { lastImport }) }
  })
}

/** Gives a source another name, with its audit event. Throws INVALID_DATA, UNKNOWN_OBJECT. */
export async function renameSource(
  database: Database,
  identity: Identity,
  code: string,
  name: string,
): Promise<ImportSource> {
  const trimmed = name.trim()
  if (!trimmed || trimmed.length > 255 || /[\u0000-\u001f]/.test(trimmed)) {
    throw coded('INVALID_DATA', 'name must be 1 to 255 characters of one line', { field: 'name' })
  }
  const renamed = await database.transaction(identity.tenantId, async (client) => {
    const { rowCount } = await client.query('update sources set name = $3 where tenant_id = $1 and code = $2', [
      ...[identity.tenantId, code, trimmed],
    ])
    const act = { operation: 'renameImportSource', objectKind: 'importSource', objectIds: [code] }
    if (rowCount) await recordAudit(client, identity, act)
    return rowCount === 1
  })
  const [source] = renamed ? await listSources(database, identity.tenantId, code) : []
  if (!source) throw coded('UNKNOWN_OBJECT', 'There is no source with this code')
  return source
}
