import type { Pool } from 'pg'
import { takeStamp } from '../../roster/writeRow'
import type { Storage } from '../storage'

/** For so long the empty records of a person stay, so that consumers who ask for changes learn of the end. */
export const stubDays = 90

/**
 * What erasing leaves to the worker: stored files from before, and at last the empty records. May be killed anywhere and run twice: files go
 * first, then the rows that name them, then the note that something is left to do.
 */
export async function removeErased(pool: Pool, storage: Storage): Promise<void> {
  const { rows } = await pool.query<{ tenant_id: number; until: Date | null; stubs: boolean }>(
    `select tenant_id, max(erased_at) filter (where files_pending) as until,
       bool_or(stubs_pending and erased_at < now() - make_interval(days => $1)) as stubs
     from erased_people where files_pending or stubs_pending group by tenant_id`,
    [stubDays],
  )
  for (const { tenant_id, until, stubs } of rows) {
    if (until) await removeFiles(pool, storage, tenant_id, until)
    if (stubs) await removeStubs(pool, tenant_id)
  }
}

const over = `('COMPLETED', 'REJECTED', 'FAILED', 'CANCELLED')`

/**
 * All packages that the tenant uploaded or exported before: which of them hold the person, only reading them all would tell. A file that an
 * import still needs goes when that import is over; what it holds of the person is left out by it.
 */
async function removeFiles(pool: Pool, storage: Storage, tenantId: number, until: Date): Promise<void> {
  const { rows } = await pool.query<{ storage_key: string }>(
    `select storage_key from import_jobs
     where tenant_id = $1 and created_at <= $2 and state in ${over} and storage_key is not null
     union all
     select storage_key from export_jobs
     where tenant_id = $1 and coalesce(started_at, created_at) <= $2 and state = 'COMPLETED' and storage_key is not null`,
    [tenantId, until],
  )
  const keys = rows.map((row) => row.storage_key)
  await Promise.all(keys.map((key) => storage.delete(key)))
  await pool.query('update import_jobs set storage_key = null where tenant_id = $1 and storage_key = any ($2)', [
    tenantId,
    keys,
  ])
  await pool.query(
    `update export_jobs set state = 'EXPIRED', storage_key = null where tenant_id = $1 and storage_key = any ($2)`,
    [tenantId, keys],
  )
  await pool.query(
    `update erased_people set files_pending = false where tenant_id = $1 and erased_at <= $2
       and not exists (select from import_jobs where tenant_id = $1 and created_at <= $2 and state not in ${over})
       and not exists (select from export_jobs where tenant_id = $1 and started_at <= $2 and state in ('QUEUED', 'RUNNING'))`,
    [tenantId, until],
  )
}

/**
 * One transaction, in which the records go and the note with them. It takes a stamp: no import brings a person back between the two, and
 * totals, which are kept by it, are counted anew.
 */
async function removeStubs(pool: Pool, tenantId: number): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await takeStamp(client, tenantId)
    const { rows } = await client.query<{ ids: string[] | null }>(
      `select array_agg(u.sourced_id) as ids from users u join erasure_keys k on k.tenant_id = u.tenant_id
       join erased_people e on e.tenant_id = u.tenant_id and e.person_hash = person_hash(k.key, u.sourced_id)
       where u.tenant_id = $1 and u.status = 'tobedeleted' and e.stubs_pending and e.erased_at < now() - make_interval(days => $2)`,
      [tenantId, stubDays],
    )
    const ids = rows[0]?.ids ?? []
    for (const table of ['enrollments', 'roles', 'user_profiles']) {
      await client.query(`delete from ${table} where tenant_id = $1 and user_sourced_id = any ($2)`, [tenantId, ids])
    }
    for (const table of ['demographics', 'users']) {
      await client.query(`delete from ${table} where tenant_id = $1 and sourced_id = any ($2)`, [tenantId, ids])
    }
    await client.query(
      `update erased_people set stubs_pending = false
       where tenant_id = $1 and erased_at < now() - make_interval(days => $2)`,
      [tenantId, stubDays],
    )
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  } finally {
    client.release()
  }
}
