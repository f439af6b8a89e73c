import { recordAudit } from '../../platform/audit'
import type { Database } from '../../platform/database'
import { coded } from '../../platform/errors'
import type { Identity } from '../../platform/identity'
import type { FileCounts, FileMode, ImportOptions } from './pipeline/job'

/** A row of import_jobs, as serving processes see it. */
export interface ImportJobRow {
  readonly job_id: string
  readonly state: string
  readonly options: ImportOptions
  readonly file_name: string
  readonly file_bytes: string | null
  readonly file_sha256: string | null
  readonly profile: string | null
  readonly cancel_requested: boolean
  readonly step: string | null
  readonly bytes_read: string
  readonly rows_read: string
  readonly progress: number
  readonly files: readonly (FileCounts & { entity: string; file: string; mode: FileMode })[]
  readonly issue_counts: readonly { code: string; severity: string; file?: string; count: number }[]
  readonly log_id: string | null
  readonly failure: string | null
  readonly attempts: number
  readonly faults: number
  readonly same_as: string | null
  readonly created_by: string
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}

/**
 * Before the first byte is stored: whatever happens to the upload, there is a row that tells of it. Throws SERVER_BUSY when as many uploads of
 * the client as it may send at once are still arriving; those whose process died do not count.
 */
export async function insertReceived(
  database: Database,
  identity: Identity,
  job: { jobId: string; fileName: string; storageKey: string; options: ImportOptions },
  atOnce: number,
): Promise<void> {
  await database.transaction(identity.tenantId, async (client) => {
    // Two that begin at the same moment count one after the other.
    await client.query(`select pg_advisory_xact_lock(hashtext('rosterhub upload'), hashtext($1))`, [identity.clientId])
    const { rows } = await client.query<{ arriving: number }>(
      `select count(*)::integer as arriving from import_jobs
       where tenant_id = $1 and created_by = $2 and state = 'RECEIVED' and greatest(created_at, beat_at) > now() - interval '60 seconds'`,
      [identity.tenantId, identity.clientId],
    )
    if (rows[0]!.arriving >= atOnce) {
      throw coded('SERVER_BUSY', `This client is sending ${atOnce} files already; send the next when one has arrived`)
    }
    await client.query(
      `insert into import_jobs (tenant_id, job_id, state, file_name, storage_key, options, created_by)
       values ($1, $2, 'RECEIVED', $3, $4, $5, $6)`,
      [identity.tenantId, job.jobId, job.fileName, job.storageKey, JSON.stringify(job.options), identity.clientId],
    )
    await recordAudit(client, identity, act('importRoster', job.jobId))
  })
}

function act(operation: string, jobId: string) {
  return { operation, objectKind: 'importJob', objectIds: [jobId] }
}

/** Keeps an upload that takes long from being taken for one whose process died. */
export async function beatReceived(database: Database, tenantId: number, jobId: string): Promise<void> {
  const text = `update import_jobs set beat_at = now() where tenant_id = $1 and job_id = $2 and state = 'RECEIVED'`
  await database.query(tenantId, text, [tenantId, jobId])
}

/** The bytes are stored: from here on a worker will find the job, whether the bell rings or not. False when it was cancelled meanwhile. */
export async function markQueued(
  database: Database,
  tenantId: number,
  jobId: string,
  file: { bytes: number; sha256: string },
): Promise<boolean> {
  const rows = await database.query(
    tenantId,
    `update import_jobs set state = 'QUEUED', queued_at = clock_timestamp(), file_bytes = $3, file_sha256 = $4, beat_at = null
     where tenant_id = $1 and job_id = $2 and state = 'RECEIVED' returning 1`,
    [tenantId, jobId, file.bytes, file.sha256],
  )
  return rows.length > 0
}

/** The upload did not arrive: CANCELLED, since neither the data nor we are at fault. */
export async function markUploadBroken(database: Database, tenantId: number, jobId: string): Promise<void> {
  await database.query(
    tenantId,
    `update import_jobs set state = 'CANCELLED', storage_key = null, finished_at = now()
     where tenant_id = $1 and job_id = $2 and state = 'RECEIVED'`,
    [tenantId, jobId],
  )
}

export async function findImportJob(
  database: Database,
  tenantId: number,
  jobId: string,
): Promise<ImportJobRow | undefined> {
  if (!/^[0-9a-f-]{36}$/i.test(jobId)) return undefined
  const text = 'select * from import_jobs where tenant_id = $1 and job_id::text = lower($2)'
  const [row] = await database.query<ImportJobRow>(tenantId, text, [tenantId, jobId])
  return row
}

export async function listImportJobs(
  database: Database,
  tenantId: number,
  filter: { state?: readonly string[] | null; source?: string | null },
  page: { limit: number; offset: number },
): Promise<{ items: ImportJobRow[]; total: number }> {
  const where = `tenant_id = $1 and ($2::text[] is null or state = any($2)) and ($3::text is null or options->>'source' = $3)`
  const values = [tenantId, filter.state ?? null, filter.source ?? null]
  const items = await database.query<ImportJobRow>(
    tenantId,
    `select * from import_jobs where ${where} order by created_at desc, job_id limit $4 offset $5`,
    [...values, page.limit, page.offset],
  )
  const [count] = await database.query<{ total: number }>(
    tenantId,
    `select count(*)::integer as total from import_jobs where ${where}`,
    values,
  )
  return { items, total: count!.total }
}

/** HELD → QUEUED, with its audit event. Answers whether it was HELD and is not out of date. */
export function confirmHeld(database: Database, identity: Identity, jobId: string): Promise<boolean> {
  return queueAgain(database, identity, jobId, 'confirmImport', `state = 'HELD'`, 'confirmed = true')
}

/** FAILED → QUEUED, as if it had never run, with its audit event. Answers whether it was FAILED, has its bytes and is not out of date. */
export function retryFailed(database: Database, identity: Identity, jobId: string): Promise<boolean> {
  return queueAgain(database, identity, jobId, 'retryImport', `state = 'FAILED' and storage_key is not null`)
}

/**
 * A later import of the same source has been merged or is being merged: applying this one now would bring old records back. One that is
 * still queued is not in the way: claims keep the order of uploads.
 */
const outOfDate = `exists (
  select from import_jobs l where l.tenant_id = j.tenant_id and l.options->>'source' = j.options->>'source'
    and l.state in ('VALIDATING', 'MERGING', 'COMPLETED') and not l.options @> '{"dryRun": true}'
    and (coalesce(l.queued_at, l.created_at), l.job_id) > (coalesce(j.queued_at, j.created_at), j.job_id))`

function queueAgain(
  database: Database,
  identity: Identity,
  jobId: string,
  operation: string,
  from: string,
  set = 'confirmed = j.confirmed',
): Promise<boolean> {
  return database.transaction(identity.tenantId, async (client) => {
    const { rowCount } = await client.query(
      `update import_jobs j set state = 'QUEUED', attempts = 0, faults = 0, failure = null, log_id = null, beat_at = null,
         finished_at = null, progress = 0, ${set}
       where tenant_id = $1 and job_id = $2 and ${from} and (options @> '{"dryRun": true}' or not ${outOfDate})`,
      [identity.tenantId, jobId],
    )
    if (rowCount) await recordAudit(client, identity, act(operation, jobId))
    return rowCount === 1
  })
}

/** Ends a job that no worker is busy with, and asks the worker of any other to stop. Answers whether it was not over yet. */
export function requestCancel(database: Database, identity: Identity, jobId: string): Promise<boolean> {
  return database.transaction(identity.tenantId, async (client) => {
    const { rowCount } = await client.query(
      `update import_jobs set
         state = case when state in ('RECEIVED', 'QUEUED', 'HELD') then 'CANCELLED' else state end,
         finished_at = case when state in ('RECEIVED', 'QUEUED', 'HELD') then now() end,
         cancel_requested = true
       where tenant_id = $1 and job_id = $2 and state in ('RECEIVED', 'QUEUED', 'HELD', 'VALIDATING', 'MERGING')`,
      [identity.tenantId, jobId],
    )
    if (rowCount) await recordAudit(client, identity, act('cancelImport', jobId))
    return rowCount === 1
  })
}
