import { randomUUID } from 'node:crypto'
import { recordAudit } from '../../../platform/audit'
import type { Database } from '../../../platform/database'
import type { Identity } from '../../../platform/identity'
import type { ExportedFile, ExportIssue, ExportOptions } from './exportJob'

/** A row of export_jobs, as serving processes see it. */
export interface ExportJobRow {
  readonly job_id: string
  readonly state: string
  readonly options: ExportOptions
  readonly progress: number
  readonly rows_written: string
  readonly snapshot_at: Date | null
  readonly file_name: string | null
  readonly storage_key: string | null
  readonly file_bytes: string | null
  readonly file_sha256: string | null
  readonly files: readonly ExportedFile[]
  readonly issues: readonly ExportIssue[]
  readonly log_id: string | null
  readonly created_by: string
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}

/** Queues an export, with its trail in the same transaction. Answers the job's id; a worker finds it whether the bell rings or not. */
export async function insertExport(database: Database, identity: Identity, options: ExportOptions): Promise<string> {
  const jobId = randomUUID()
  await database.transaction(identity.tenantId, async (client) => {
    await client.query(
      `insert into export_jobs (tenant_id, job_id, state, options, created_by) values ($1, $2, 'QUEUED', $3, $4)`,
      [identity.tenantId, jobId, JSON.stringify(options), identity.clientId],
    )
    await recordAudit(client, identity, { operation: 'exportRoster', objectKind: 'exportJob', objectIds: [jobId] })
  })
  return jobId
}

export async function findExportJob(
  database: Database,
  tenantId: number,
  jobId: string,
): Promise<ExportJobRow | undefined> {
  if (!/^[0-9a-f-]{36}$/i.test(jobId)) return undefined
  const text = 'select * from export_jobs where tenant_id = $1 and job_id::text = lower($2)'
  const [row] = await database.query<ExportJobRow>(tenantId, text, [tenantId, jobId])
  return row
}

export async function listExportJobs(
  database: Database,
  tenantId: number,
  filter: { state?: readonly string[] | null },
  page: { limit: number; offset: number },
): Promise<{ items: ExportJobRow[]; total: number }> {
  const where = `tenant_id = $1 and ($2::text[] is null or state = any($2))`
  const values = [tenantId, filter.state ?? null]
  const items = await database.query<ExportJobRow>(
    tenantId,
    `select * from export_jobs where ${where} order by created_at desc, job_id limit $3 offset $4`,
    [...values, page.limit, page.offset],
  )
  const [count] = await database.query<{ total: number }>(
    tenantId,
    `select count(*)::integer as total from export_jobs where ${where}`,
    values,
  )
  return { items, total: count!.total }
}

/** How many of the sourcedIds are no active org of the tenant. */
export async function countUnknownOrgs(
  database: Database,
  tenantId: number,
  sourcedIds: readonly string[],
): Promise<number> {
  const [row] = await database.query<{ unknown: number }>(
    tenantId,
    `select count(*)::integer as unknown from unnest($2::text[]) as wanted(id)
     where not exists (select from orgs where tenant_id = $1 and sourced_id = wanted.id collate "C" and status = 'active')`,
    [tenantId, sourcedIds],
  )
  return row!.unknown
}
