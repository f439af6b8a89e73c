import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { ImportOptions, Job } from './pipeline/job'
import type { Progress } from './pipeline/progress'

/**
 * How a worker takes a job, keeps it and lets it go: each a single UPDATE that the state guards. Imports of one tenant run one at a time, under
 * an advisory lock of the worker's connection; whoever holds it knows that no other worker is busy with the tenant, so a job in state
 * VALIDATING or MERGING was abandoned (its worker was killed, and PostgreSQL has rolled back what it was doing).
 */

/** A job that has been tried this often without an end does not get better by trying: it is the poison. */
export const mostAttempts = 3

/** False when another worker imports for this tenant. */
export async function lockTenant(client: PoolClient, tenantId: number): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lockClass}, $1) as locked`, [
    tenantId,
  ])
  return rows[0]!.locked
}

export async function unlockTenant(client: PoolClient, tenantId: number): Promise<void> {
  await client.query(`select pg_advisory_unlock(${lockClass}, $1)`, [tenantId])
}
const lockClass = `hashtext('rosterhub import')`

/** Jobs of a suspended tenant wait. */
const isServed = `exists (
  select from tenants t where t.tenant_id = $1 and t.suspended_at is null and t.deleting_at is null)`

const open = `('QUEUED', 'VALIDATING', 'MERGING')`

/** The tenant's oldest job that may be worked on now, claimed; undefined when there is none. The caller holds the tenant's lock. */
export async function claimNext(client: PoolClient, tenantId: number): Promise<Job | undefined> {
  await client.query(
    `update import_jobs set state = 'CANCELLED', finished_at = now()
     where tenant_id = $1 and state in ${open} and cancel_requested`,
    [tenantId],
  )
  const claim = randomUUID()
  const { rows } = await client.query<ClaimedRow>(
    `update import_jobs set state = 'VALIDATING', attempts = attempts + 1, claimed_by = $2, beat_at = now(),
       started_at = coalesce(started_at, now()), step = null, bytes_read = 0, rows_read = 0, progress = 0
     where job_id = (
       select job_id from import_jobs
       where tenant_id = $1 and attempts < ${mostAttempts} and ${isServed}
         and (state in ('VALIDATING', 'MERGING') or state = 'QUEUED' and (beat_at is null or beat_at <= now()))
       order by created_at, job_id limit 1 for update)
     returning job_id, options, file_name, storage_key, attempts, confirmed, created_by`,
    [tenantId, claim],
  )
  const row = rows[0]
  return (
    row && {
      tenantId,
      jobId: row.job_id,
      options: row.options,
      fileName: row.file_name,
      storageKey: row.storage_key,
      attempts: row.attempts,
      confirmed: row.confirmed,
      createdBy: row.created_by,
      claim,
    }
  )
}
interface ClaimedRow {
  job_id: string
  options: ImportOptions
  file_name: string
  storage_key: string
  attempts: number
  confirmed: boolean
  created_by: string
}

/** Jobs that were tried too often end FAILED; answers the ids under which the log tells why, if anything could be logged. */
export async function failPoison(client: PoolClient, tenantId: number): Promise<{ jobId: string; logId: string }[]> {
  const { rows } = await client.query<{ job_id: string; log_id: string }>(
    `update import_jobs set state = 'FAILED', log_id = coalesce(log_id, gen_random_uuid()::text), finished_at = now()
     where tenant_id = $1 and state in ${open} and attempts >= ${mostAttempts} returning job_id, log_id`,
    [tenantId],
  )
  return rows.map(({ job_id, log_id }) => ({ jobId: job_id, logId: log_id }))
}

/** Says that the run is alive and how far it is. `lost`: the claim is gone; `cancel`: somebody wants it to end. */
export async function beat(pool: Pool, job: Job, progress: Progress): Promise<'on' | 'cancel' | 'lost'> {
  const { rows } = await pool.query<{ cancel_requested: boolean }>(
    `update import_jobs set beat_at = now(), step = $3, bytes_read = $4, rows_read = $5, progress = $6
     where job_id = $1 and claimed_by = $2 and state in ('VALIDATING', 'MERGING') returning cancel_requested`,
    [job.jobId, job.claim, progress.step, progress.bytesRead, progress.rowsRead, progress.percentage],
  )
  if (!rows.length) return 'lost'
  return rows[0]!.cancel_requested ? 'cancel' : 'on'
}

/** Back into the queue: after a fault of ours with a pause that grows, or at once when a worker closes (`fault` undefined). */
export async function releaseClaim(pool: Pool, job: Job, fault?: { logId: string }): Promise<void> {
  const pauseSeconds = fault ? 5 * job.attempts ** 2 : 0
  await pool.query(
    `update import_jobs set
       state = case when cancel_requested then 'CANCELLED' when attempts >= ${mostAttempts} and $4::text is not null then 'FAILED'
                    else 'QUEUED' end,
       finished_at = case when cancel_requested or attempts >= ${mostAttempts} and $4::text is not null then now() end,
       attempts = attempts - case when $4::text is null then 1 else 0 end,
       log_id = $4, claimed_by = null, beat_at = case when $3 > 0 then now() + make_interval(secs => $3) end
     where job_id = $1 and claimed_by = $2 and state in ('VALIDATING', 'MERGING')`,
    [job.jobId, job.claim, pauseSeconds, fault?.logId ?? null],
  )
}

/** The sender's id; made when it is new. */
export async function sourceIdOf(client: PoolClient, tenantId: number, code: string): Promise<number> {
  const { rows } = await client.query<{ source_id: number }>(
    `insert into sources (tenant_id, code, name) values ($1, $2, $2)
     on conflict (tenant_id, code) do update set code = excluded.code returning source_id`,
    [tenantId, code],
  )
  return rows[0]!.source_id
}
