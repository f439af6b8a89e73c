import type { Pool } from 'pg'
import { dropLeftovers } from './pipeline/staging'
import type { Storage } from './storage'

/** An upload whose process has not said for this long that it goes on is over. */
const silentUploadSeconds = 60
/** A run that has not beaten for this long is looked at; the tenant's lock decides whether it is really dead. */
const silentRunSeconds = 5

/**
 * Tenants with work that nobody seems to do: queued jobs (the bell may not have rung) and jobs of workers that fell silent. In the order in
 * which they are served: the smallest file first, but nobody waits for ever: after ten minutes who has waited longest.
 */
export async function tenantsWithWork(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ tenant_id: number }>(
    `select tenant_id from import_jobs j
     where exists (select from tenants t where t.tenant_id = j.tenant_id and t.suspended_at is null and t.deleting_at is null)
       and (state = 'QUEUED' and (beat_at is null or beat_at <= now())
         or state in ('VALIDATING', 'MERGING') and beat_at < now() - interval '${silentRunSeconds} seconds')
       and not exists (select from import_jobs r where r.tenant_id = j.tenant_id and r.state in ('VALIDATING', 'MERGING')
         and r.beat_at >= now() - interval '${silentRunSeconds} seconds')
     group by tenant_id
     order by case when min(coalesce(queued_at, created_at)) < now() - interval '10 minutes'
         then min(coalesce(queued_at, created_at)) end nulls last,
       min(file_bytes), min(coalesce(queued_at, created_at))`,
  )
  return rows.map((row) => row.tenant_id)
}

/** Clears up after processes that died: uploads that never ended, bytes that no job knows, staging tables that no run uses. */
export async function clearLeftovers(pool: Pool, storage: Storage): Promise<void> {
  const { rows } = await pool.query<{ storage_key: string }>(
    `update import_jobs set state = 'CANCELLED', finished_at = now()
     where state = 'RECEIVED' and greatest(created_at, beat_at) < now() - interval '${silentUploadSeconds} seconds'
     returning storage_key`,
  )
  for (const { storage_key } of rows) await storage.delete(storage_key)
  await dropLeftovers(pool)
}
