import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { scopes } from '../../../oneroster/scopes'
import { mostAttempts } from '../claim'
import type { ExportedFile, ExportIssue, ExportJob, ExportOptions } from './exportJob'

/**
 * How a worker takes an export, keeps it and lets it go: single UPDATEs that the state guards, as claim.ts does for imports. Exports of one
 * tenant run side by side, so the advisory lock is the job's: whoever holds it knows that a job in state RUNNING was abandoned.
 */

/** False when another worker runs this export. */
export async function lockExport(client: PoolClient, jobId: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockOf}) as locked`, [jobId])
  return rows[0]!.locked
}

export async function unlockExport(client: PoolClient, jobId: string): Promise<void> {
  await client.query(`select pg_advisory_unlock(${lockOf})`, [jobId])
}
const lockOf = `hashtext('rosterhub export'), hashtext($1)`

/** Jobs of a suspended tenant wait. */
const isServed = `exists (
  select from tenants t where t.tenant_id = export_jobs.tenant_id and t.suspended_at is null and t.deleting_at is null)`

/**
 * An export that nobody may have any more, since the client that asked for it has ended or lost the scope: CANCELLED, with its audit event,
 * whether it waited or its worker died. Answers whether it was one. A client that is no row has asked from a command line; there is nothing to
 * take from it.
 */
export async function withdrawExport(client: PoolClient, jobId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `with withdrawn as (
       update export_jobs set state = 'CANCELLED', finished_at = now(), claimed_by = null, beat_at = null
       from api_clients c
       where job_id = $1 and state in ('QUEUED', 'RUNNING') and c.tenant_id = export_jobs.tenant_id and c.client_id = export_jobs.created_by
         and (c.revoked_at is not null or c.expires_at <= now() or not $2 = any(c.scopes))
       returning export_jobs.tenant_id, created_by, job_id
     )
     insert into audit_events (tenant_id, client_id, operation, object_kind, object_ids, object_count, request_id)
     select tenant_id, created_by, 'withdrawExport', 'exportJob', array[job_id::text], 1, job_id::text from withdrawn`,
    [jobId, scopes.exports],
  )
  return rowCount === 1
}

/**
 * The job, claimed; undefined when it is over or not due yet. The caller holds its lock. A client that may see less by now than when it asked
 * gets what it could see both times.
 */
export async function claimExport(client: PoolClient, jobId: string): Promise<ExportJob | undefined> {
  const claim = randomUUID()
  const { rows } = await client.query<{
    tenant_id: number
    options: ExportOptions
    visible_schools: string[] | null
    attempts: number
    created_by: string
  }>(
    `update export_jobs set state = 'RUNNING', attempts = attempts + 1, claimed_by = $2, beat_at = now(),
       started_at = coalesce(started_at, now()), rows_written = 0, progress = 0, visible_schools = ${seenThenAndNow}
     where job_id = $1 and attempts < ${mostAttempts} and ${isServed}
       and (state = 'RUNNING' or state = 'QUEUED' and (beat_at is null or beat_at <= now()))
     returning tenant_id, options, visible_schools, attempts, created_by`,
    [jobId, claim],
  )
  const row = rows[0]
  if (!row) return undefined
  const { tenant_id: tenantId, options, visible_schools: visibleSchools, attempts, created_by: createdBy } = row
  return { tenantId, jobId, options, visibleSchools, attempts, createdBy, claim }
}

/** Null is every school, so it gives way to any list; an empty list shows nothing. */
const seenThenAndNow = `(
  select case when c.schools is null then export_jobs.visible_schools when export_jobs.visible_schools is null then c.schools
    else array(select unnest(export_jobs.visible_schools) intersect select unnest(c.schools)) end
  from (values (1)) one left join api_clients c on c.tenant_id = export_jobs.tenant_id and c.client_id = export_jobs.created_by)`

/** An export that was tried too often ends FAILED; answers the id under which the log tells why, if anything could be logged. */
export async function failExport(client: PoolClient, jobId: string): Promise<string | undefined> {
  const { rows } = await client.query<{ log_id: string }>(
    `update export_jobs set state = 'FAILED', log_id = coalesce(log_id, gen_random_uuid()::text), finished_at = now(), claimed_by = null
     where job_id = $1 and state in ('QUEUED', 'RUNNING') and attempts >= ${mostAttempts} returning log_id`,
    [jobId],
  )
  return rows[0]?.log_id
}

/** Says that the run is alive and how far it is; false when the claim is gone. */
export async function beatExport(
  pool: Pool,
  job: ExportJob,
  done: { rows: number; percentage: number },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `update export_jobs set beat_at = now(), rows_written = $3, progress = $4
     where job_id = $1 and claimed_by = $2 and state = 'RUNNING'`,
    [job.jobId, job.claim, done.rows, done.percentage],
  )
  return rowCount === 1
}

/** Back into the queue: after a fault of ours with a pause that grows, or at once when a worker closes (`fault` undefined). */
export async function releaseExport(pool: Pool, job: ExportJob, fault?: { logId: string }): Promise<void> {
  const isLast = fault !== undefined && job.attempts >= mostAttempts
  await pool.query(
    `update export_jobs set state = $3, finished_at = case when $3 = 'FAILED' then now() end, log_id = $4, claimed_by = null,
       attempts = attempts - case when $4::text is null then 1 else 0 end,
       beat_at = case when $5 > 0 then now() + make_interval(secs => $5) end
     where job_id = $1 and claimed_by = $2 and state = 'RUNNING'`,
    [job.jobId, job.claim, isLast ? 'FAILED' : 'QUEUED', fault?.logId ?? null, fault ? 5 * job.attempts ** 2 : 0],
  )
}

/** Nobody claims a cancelled export again. */
export async function isCancelled(pool: Pool, { jobId }: ExportJob): Promise<boolean> {
  const { rowCount } = await pool.query(`select from export_jobs where job_id = $1 and state = 'CANCELLED'`, [jobId])
  return rowCount === 1
}

export interface ExportResult {
  readonly files: readonly ExportedFile[]
  readonly issues: readonly ExportIssue[]
  readonly snapshotAt: Date
  readonly fileName: string
  readonly storageKey: string
  readonly bytes: number
  readonly sha256: string
}

/** The package is in storage: state, result and audit event appear together. False when the claim is gone. */
export async function completeExport(pool: Pool, job: ExportJob, result: ExportResult): Promise<boolean> {
  const rows = result.files.reduce((sum, file) => sum + file.rows, 0)
  const { rowCount } = await pool.query(
    `with completed as (
       update export_jobs set state = 'COMPLETED', progress = 100, finished_at = now(), claimed_by = null, beat_at = null, log_id = null,
         rows_written = $3, files = $4::jsonb, issues = $5::jsonb, snapshot_at = $6, file_name = $7, storage_key = $8, file_bytes = $9,
         file_sha256 = $10
       where job_id = $1 and claimed_by = $2 and state = 'RUNNING' returning tenant_id, created_by, job_id
     )
     insert into audit_events (tenant_id, client_id, operation, object_kind, object_ids, object_count, request_id)
     select tenant_id, created_by, 'writeExport', 'exportJob', array[job_id::text], $3, job_id::text from completed`,
    [
      ...[job.jobId, job.claim, rows, JSON.stringify(result.files), JSON.stringify(result.issues), result.snapshotAt],
      ...[result.fileName, result.storageKey, result.bytes, result.sha256],
    ],
  )
  return rowCount === 1
}

/** Exports that nobody seems to do: queued ones (the bell may not have rung) and those of workers that fell silent. */
export async function openExports(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ job_id: string }>(
    `select job_id from export_jobs
     where ${isServed}
       and (state = 'QUEUED' and (beat_at is null or beat_at <= now()) or state = 'RUNNING' and beat_at < now() - interval '5 seconds')
     order by created_at, job_id`,
  )
  return rows.map((row) => row.job_id)
}
