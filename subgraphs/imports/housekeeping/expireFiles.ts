import { log } from '../../../platform/log'
import type { House } from './keepHouse'

/** States of an import in which nobody will read its file again. */
const over = `('COMPLETED', 'REJECTED', 'FAILED', 'CANCELLED')`
const unfinishedHours = 24

/**
 * Uploaded packages after config.uploadDays. An import that was HELD for so long is not confirmed any more. The file goes first and then the row's
 * word that it is there: in between it is only deleted once more.
 */
export async function expireUploads({ pool, storage, config }: House): Promise<void> {
  if (!config.uploadDays) return
  await pool.query(
    `update import_jobs set state = 'CANCELLED', finished_at = now()
     where state = 'HELD' and created_at < now() - make_interval(days => $1)`,
    [config.uploadDays],
  )
  const { rows } = await pool.query<{ storage_key: string }>(
    `select storage_key from import_jobs
     where storage_key is not null and state in ${over} and created_at < now() - make_interval(days => $1)`,
    [config.uploadDays],
  )
  const keys = rows.map((row) => row.storage_key)
  await Promise.all(keys.map((key) => storage.delete(key)))
  await pool.query('update import_jobs set storage_key = null where storage_key = any($1)', [keys])
  if (keys.length) log.info('uploads expired', { count: keys.length })
}

/** Exported packages after config.exportDays. The job says so before the file goes: a link to it never leads into the middle of nothing. */
export async function expireExports({ pool, storage, config }: House): Promise<void> {
  await pool.query(
    `update export_jobs set state = 'EXPIRED' where state = 'COMPLETED' and finished_at < now() - make_interval(days => $1)`,
    [config.exportDays],
  )
  const { rows } = await pool.query<{ storage_key: string }>(
    `select storage_key from export_jobs where state = 'EXPIRED' and storage_key is not null`,
  )
  const keys = rows.map((row) => row.storage_key)
  await Promise.all(keys.map((key) => storage.delete(key)))
  await pool.query(`update export_jobs set storage_key = null where storage_key = any($1) and state = 'EXPIRED'`, [
    keys,
  ])
  if (keys.length) log.info('exports expired', { count: keys.length })
}

/** What dead processes left in storage: half-written files, uploads whose row is over or gone, packages of exports that did not end well. */
export async function deleteUnknownFiles({ pool, storage }: House): Promise<void> {
  // The list first: whatever is written later has its row by then.
  const keys = [...(await storage.list('uploads/')), ...(await storage.list('exports/'))]
  const { rows } = await pool.query<{ key: string }>(
    `select key from unnest($1::text[]) as stored(key)
     where not exists (select from import_jobs where storage_key = key)
       and not exists (select from export_jobs where storage_key = key)
       and not exists (select from export_jobs where state in ('QUEUED', 'RUNNING') and key = 'exports/' || tenant_id || '/' || job_id)`,
    [keys],
  )
  await Promise.all(rows.map(({ key }) => storage.delete(key)))
  const halves = await storage.deleteUnfinished(unfinishedHours * 3_600_000)
  if (rows.length + halves) log.info('files that nobody knows deleted', { count: rows.length + halves })
}
