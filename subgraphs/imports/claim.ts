import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { mayPass, mostFaults, pauseAfter, type Failure } from './faults'
import type { ImportOptions, Job } from './pipeline/job'
import type { Progress } from './pipeline/progress'

/**
 * How a worker takes a job, keeps it and lets it go: each a single UPDATE that the state guards. Imports of one tenant run one at a time, under
 * an advisory lock of the worker's connection; whoever holds it knows that no other worker is busy with the tenant, so a job in state
 * VALIDATING or MERGING was abandoned (its worker was killed, and PostgreSQL has rolled back what it was doing).
 */

/** A job that this many workers died of does not get better by trying: it is the poison. */
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

/**
 * Which open job of a tenant comes next (docs/decisions/import-order.md): only the first of each source may; it waits for job `e` of another
 * source, uploaded before it, unless that pauses after a fault or is ten times as large and has not waited long, and unless it cannot be put
 * back when it goes before its turn in vain. $1 is the tenant.
 */
const nextSql = `
  with open_jobs as materialized (
    select job_id, state, attempts, beat_at, file_bytes, waits_turn or options->>'onError' = 'SKIP' as in_turn, at,
      row_number() over (partition by options->>'source' order by at, job_id) as place
    from import_jobs cross join lateral (select coalesce(queued_at, created_at)) as uploaded (at)
    where tenant_id = $1 and state in ${open}
  )
  select j.job_id, exists (select from open_jobs e where (e.at, e.job_id) < (j.at, j.job_id)) as overtakes
  from open_jobs j
  where j.place = 1 and j.attempts < ${mostAttempts} and (j.state <> 'QUEUED' or j.beat_at is null or j.beat_at <= now())
    and not exists (
      select from open_jobs e where (e.at, e.job_id) < (j.at, j.job_id) and (j.in_turn or not coalesce(
        e.state = 'QUEUED' and (coalesce(e.beat_at > now(), false)
          or e.file_bytes >= 10 * j.file_bytes and e.at > now() - interval '5 minutes'), false)))
  order by j.state = 'QUEUED', j.file_bytes nulls first, j.at, j.job_id limit 1`

/** The tenant's next job that may be worked on now, claimed; undefined when there is none. The caller holds the tenant's lock. */
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
     from (${nextSql}) next
     where import_jobs.job_id = next.job_id and state in ${open} and ${isServed}
     returning import_jobs.job_id, options, file_name, storage_key, attempts, faults, confirmed, created_by, overtakes`,
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
      faults: row.faults,
      overtakes: row.overtakes,
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
  faults: number
  overtakes: boolean
  confirmed: boolean
  created_by: string
}

/** Jobs that were tried too often end FAILED; answers the ids under which the log tells why, if anything could be logged. */
export async function failPoison(client: PoolClient, tenantId: number): Promise<{ jobId: string; logId: string }[]> {
  const { rows } = await client.query<{ job_id: string; log_id: string }>(
    `update import_jobs set state = 'FAILED', failure = 'WORKER_LOST', log_id = coalesce(log_id, gen_random_uuid()::text), finished_at = now()
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

/** Back into the queue at once: the worker closes, or somebody wants the job to end. It does not count as a run. */
export async function releaseClaim(pool: Pool, job: Job): Promise<void> {
  await pool.query(
    `update import_jobs set
       state = case when cancel_requested then 'CANCELLED' else 'QUEUED' end,
       finished_at = case when cancel_requested then now() end,
       attempts = attempts - 1, claimed_by = null, beat_at = null
     where job_id = $1 and claimed_by = $2 and state in ('VALIDATING', 'MERGING')`,
    [job.jobId, job.claim],
  )
}

/** After a fault of ours: back into the queue with a pause, or FAILED with the reason when trying again does not help (any more). */
export async function releaseAfterFault(
  pool: Pool,
  job: Job,
  fault: { failure: Failure; logId: string; firstPauseSeconds: number },
): Promise<'QUEUED' | 'FAILED'> {
  const faults = (job.faults ?? 0) + 1
  const isOver = !mayPass(fault.failure) || faults >= mostFaults
  await pool.query(
    `update import_jobs set
       state = case when cancel_requested then 'CANCELLED' when $3 then 'FAILED' else 'QUEUED' end,
       finished_at = case when cancel_requested or $3 then now() end,
       failure = case when $3 and not cancel_requested then $4 end, log_id = $5, faults = $6, attempts = attempts - 1,
       claimed_by = null, beat_at = case when not $3 then now() + make_interval(secs => $7) end
     where job_id = $1 and claimed_by = $2 and state in ('VALIDATING', 'MERGING')`,
    [
      ...[job.jobId, job.claim, isOver, fault.failure, fault.logId, faults],
      pauseAfter(faults, fault.firstPauseSeconds),
    ],
  )
  return isOver ? 'FAILED' : 'QUEUED'
}

/** A job that went before its turn and would be refused or held: it waits for those before it, which may bring what it lacks. */
export async function waitForTurn(client: PoolClient, job: Job): Promise<void> {
  await client.query(
    `update import_jobs set state = 'QUEUED', waits_turn = true, attempts = attempts - 1, claimed_by = null, beat_at = null
     where job_id = $1 and claimed_by = $2 and state = 'VALIDATING' and not cancel_requested`,
    [job.jobId, job.claim],
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
