import type { Pool, PoolClient } from 'pg'
import { log } from '../../platform/log'
import { lockTenant, unlockTenant } from './claim'
import { dropStaging } from './pipeline/staging'
import type { Storage } from './storage'

/** An upload that was said to go on this recently may still write its file. */
const silentUploadSeconds = 60

/**
 * Removes the data of tenants that are being deleted: files and staging tables first, then the tenant's row, and with it all that refers to
 * it. Killed at any place it is done again from the start; what is gone already is no failure.
 */
export async function removeDeletedTenants(pool: Pool, storage: Storage): Promise<void> {
  const { rows } = await pool.query<{ tenant_id: number }>(
    `select t.tenant_id from tenants t where t.deleting_at is not null and not exists (
       select from import_jobs j where j.tenant_id = t.tenant_id and j.state = 'RECEIVED'
         and greatest(j.created_at, j.beat_at) > now() - interval '${silentUploadSeconds} seconds')`,
  )
  for (const { tenant_id } of rows) await removeTenant(pool, storage, tenant_id)
}

async function removeTenant(pool: Pool, storage: Storage, tenantId: number): Promise<void> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    // Whoever works for the tenant now hears with its next beat that it shall end; the next sweep finds the lock free.
    await endJobs(client, tenantId)
    if (!(await lockTenant(client, tenantId))) return
    await clear(client, storage, tenantId)
    await unlockTenant(client, tenantId)
    log.info('tenant deleted', { tenantId })
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    client.release(failure)
  }
}

async function endJobs(client: PoolClient, tenantId: number): Promise<void> {
  await client.query('update import_jobs set cancel_requested = true where tenant_id = $1', [tenantId])
  await client.query(
    `update export_jobs set state = 'FAILED', claimed_by = null, finished_at = now() where tenant_id = $1 and state in ('QUEUED', 'RUNNING')`,
    [tenantId],
  )
}

async function clear(client: PoolClient, storage: Storage, tenantId: number): Promise<void> {
  const { rows } = await client.query<{ job_id: string }>('select job_id from import_jobs where tenant_id = $1', [
    tenantId,
  ])
  for (const { job_id } of rows) await dropStaging(client, job_id)
  await removeFiles(storage, tenantId)
  await client.query('select remove_tenant($1)', [tenantId])
  // An export that was writing when it began has ended by now or finds no job; its file must not stay.
  await removeFiles(storage, tenantId)
}

async function removeFiles(storage: Storage, tenantId: number): Promise<void> {
  for (const folder of ['uploads', 'exports']) {
    for (const key of await storage.list(`${folder}/${tenantId}/`)) await storage.delete(key)
  }
}
