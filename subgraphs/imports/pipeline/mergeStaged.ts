import type { PoolClient } from 'pg'
import { entities, type EntityName } from '../../../oneroster/model'
import { metadataKey } from '../../../oneroster/csv'
import { noteMetadataKeys } from '../../roster/metadataKeys'
import { nextStamp } from '../../roster/nextStamp'
import type { Staged } from './afterwards'
import { ClaimLost, type Run, type StagedFile } from './job'
import { leaveOutErased } from './leaveOutErased'
import { differencesSql, insertSql, removeSql, touchedUsersSql, updateSql } from './mergeSql'
import { tellRemovals } from './removalLimit'
import { touchedTable } from './staging'
import { writeReport } from './writeReport'

/** What is referred to goes before what refers to it; a user's document shows roles and profiles, so these go first. */
const mergeOrder: readonly EntityName[] = [
  'org',
  'academicSession',
  'course',
  'class',
  'role',
  'userProfile',
  'user',
  'enrollment',
  'demographics',
]

/** A merge under way. */
export interface Merge {
  readonly stamp: Date
  /** What was written of each file; told when the merge is complete. */
  readonly written: Map<StagedFile, Written>
}
interface Written {
  created: number
  updated: number
  removed: number
  /** Users that did not change themselves but whose roles or profiles did. */
  touched?: number
}

/**
 * Step 9: the staged rows become the roster, in ONE transaction together with the job's end and its audit event: whoever looks sees the old
 * roster or the new one. A dry run does the very same and rolls back, so its counts are exact.
 */
export async function mergeStaged(run: Run, staged: Staged): Promise<void> {
  await announceMerge(run)
  await inMerge(run, async (merge) => {
    await mergeFiles(run, merge, staged)
    await renderTouchedUsers(run, merge, staged)
    await completeMerge(run, merge, staged)
  })
}

/** The job is MERGING from here on. */
export async function announceMerge({ pool, job, progress, at }: Run): Promise<void> {
  const marked = await pool.query(
    `update import_jobs set state = 'MERGING' where job_id = $1 and claimed_by = $2 and state = 'VALIDATING' and not cancel_requested`,
    [job.jobId, job.claim],
  )
  if (!marked.rowCount) throw new ClaimLost()
  progress.enter('mergeStaged')
  await at('merging')
}

/** Opens the transaction of a merge for `work`, which completes it; if it does not, nothing has happened. */
export async function inMerge(run: Run, work: (merge: Merge) => Promise<void>): Promise<void> {
  const { client, job } = run
  await client.query('begin')
  try {
    // Sorts and hashes of a district fit; the planner's compiler costs more than it gives on statements that run once, and parallel workers
    // would take the processors from readers.
    await client.query(
      `set local work_mem = '96MB'; set local jit = off; set local max_parallel_workers_per_gather = 0`,
    )
    const stamp = await nextStamp(client, job.tenantId)
    await client.query(`create unlogged table ${touchedTable(job.jobId)} (sourced_id text collate "C" primary key)`)
    await work({ stamp, written: new Map() })
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/**
 * Writes some files of the package: those that others refer to come first, in this call or in one before it. When `isTooMuch` resolves, their
 * removals were counted (exceedsRemovalLimit) while nobody else could write, and what removes nothing needs not be sought again.
 */
export async function mergeFiles(run: Run, merge: Merge, staged: Staged, isTooMuch?: Promise<boolean>): Promise<void> {
  const { client, job, sourceId } = run
  const touched = touchedTable(job.jobId)
  // Nobody can be erased from here on: erasing takes a stamp too.
  await leaveOutErased(run, staged)
  const totalRows = [...staged.values()].reduce((sum, { counts }) => sum + counts.read, 1)
  let rows = 0
  for (const name of mergeOrder) {
    const file = staged.get(name)
    if (!file) continue
    const extensions = file.header.filter((column) => column.startsWith('metadata.'))
    await noteMetadataKeys(client, job.tenantId, file.entity, extensions.map(metadataKey))
    const values = [job.tenantId, sourceId, merge.stamp]
    const found = await client.query<{ created: number; updated: number }>(differencesSql(file), values.slice(0, 2))
    const { created, updated } = found.rows[0]!
    if (await isTooMuch) return
    // Removals go before new rows: they are sought among what was stored before, not among a million that have just come.
    const isKnown = isTooMuch && file.mode === 'bulk' && !file.counts.removed
    const removed = isKnown ? 0 : await removeMissing(run, file, values)
    if (name === 'user') await refreshLostStatistics(client)
    if (updated) await client.query(updateSql(file, touched), values)
    if (created) await client.query(insertSql(file, touched), values)
    merge.written.set(file, { created, updated, removed })
    rows += file.counts.read
    run.progress.enter('mergeStaged', rows / totalRows)
  }
}

/** Just before the documents of users are made of the roles and profiles that this transaction has written: autovacuum may count them at any time. */
async function refreshLostStatistics(client: PoolClient): Promise<void> {
  await client.query('select refresh_lost_statistics()')
}

async function removeMissing({ client, job }: Run, file: StagedFile, values: readonly unknown[]): Promise<number> {
  const { rows } = await client.query<{ removed: number }>(removeSql(file, touchedTable(job.jobId)), [...values])
  return rows[0]!.removed
}

/** After the files of users, roles and profiles. A user whose roles changed counts as updated, as its dateLastModified does. */
export async function renderTouchedUsers(
  { client, job }: Run,
  { stamp, written }: Merge,
  staged: Staged,
): Promise<void> {
  if (!staged.has('role') && !staged.has('userProfile')) return
  await refreshLostStatistics(client)
  const users = staged.get('user')
  const sql = touchedUsersSql(entities.user, touchedTable(job.jobId))
  const { rows } = await client.query<{ updated: number }>(sql, [job.tenantId, stamp])
  if (users) written.get(users)!.touched = rows[0]!.updated
}

/** The end of the transaction that inMerge opened: report, audit event and commit. */
export async function completeMerge(run: Run, { written }: Merge, staged: Staged): Promise<void> {
  const { client, job } = run
  const files = [...staged.values()]
  await client.query(`drop table ${touchedTable(job.jobId)}`)
  for (const [file, found] of written) setCounts(file, found)
  await run.at('merged')
  run.signal.throwIfAborted()
  // State and issues appear together, so the report of a dry run has a transaction too.
  if (job.options.dryRun) {
    tellRemovals(run, files)
    await client.query('rollback; begin')
  }
  await writeReport(run, client, 'COMPLETED', files)
  if (!job.options.dryRun) await recordImport(run, files)
  await client.query('commit')
  await run.at('committed')
}

function setCounts({ counts, mode }: StagedFile, { touched = 0, ...found }: Written): void {
  const ofRows = found.created + found.updated + (mode === 'delta' ? found.removed : 0)
  const unchanged = counts.read - counts.rejected - ofRows
  const touchedRows = Math.min(touched, unchanged)
  Object.assign(counts, { ...found, updated: found.updated + touchedRows, unchanged: unchanged - touchedRows })
}

async function recordImport({ client, job }: Run, files: readonly StagedFile[]): Promise<void> {
  const changed = files.reduce((sum, { counts }) => sum + counts.created + counts.updated + counts.removed, 0)
  await client.query(
    `insert into audit_events (tenant_id, client_id, operation, object_kind, object_ids, object_count, request_id)
     values ($1, $2, 'mergeImport', 'importJob', array[$3::text], $4, $3::text)`,
    [job.tenantId, job.createdBy, job.jobId, changed],
  )
}
