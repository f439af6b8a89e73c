import type { Pool } from 'pg'
import { dropLeftovers } from './pipeline/staging'
import type { Storage } from './storage'

/** An upload whose process has not said for this long that it goes on is over. */
const silentUploadSeconds = 60
/** A run that has not beaten for this long is looked at; the tenant's lock decides whether it is really dead. */
const silentRunSeconds = 5

/** Tenants with work that nobody seems to do: queued jobs (the bell may not have rung) and jobs of workers that fell silent. */
export async function tenantsWithWork(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ tenant_id: number }>(
    `select distinct tenant_id from import_jobs join tenants using (tenant_id)
     where suspended_at is null and deleting_at is null and (state = 'QUEUED' and (beat_at is null or beat_at <= now())
        or state in ('VALIDATING', 'MERGING') and beat_at < now() - interval '${silentRunSeconds} seconds')`,
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
