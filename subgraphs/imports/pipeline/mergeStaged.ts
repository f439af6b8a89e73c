import { entities, type EntityName } from '../../../oneroster/model'
import { nextStamp } from '../../roster/nextStamp'
import type { Staged } from './afterwards'
import { ClaimLost, type Run, type StagedFile } from './job'
import { leaveOutErased } from './leaveOutErased'
import { differencesSql, insertSql, removeSql, touchedUsersSql, updateSql } from './mergeSql'
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

/**
 * Step 9: the staged rows become the roster, in ONE transaction together with the job's end and its audit event: whoever looks sees the old
 * roster or the new one. A dry run does the very same and rolls back, so its counts are exact.
 */
export async function mergeStaged(run: Run, staged: Staged): Promise<void> {
  const { client, job } = run
  const files = [...staged.values()]
  await markMerging(run)
  await run.at('merging')
  await client.query('begin')
  try {
    // Sorts and hashes of a district fit; the planner's compiler costs more than it gives on statements that run once.
    await client.query(`set local work_mem = '96MB'; set local jit = off`)
    const stamp = await nextStamp(client, job.tenantId)
    // Nobody can be erased from here on: erasing takes a stamp too.
    await leaveOutErased(run, staged)
    await mergeFiles(run, staged, stamp)
    await run.at('merged')
    run.signal.throwIfAborted()
    // State and issues appear together, so the report of a dry run has a transaction too.
    if (job.options.dryRun) await client.query('rollback; begin')
    await writeReport(run, client, 'COMPLETED', files)
    if (!job.options.dryRun) await recordImport(run, files)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
  await run.at('committed')
}

async function mergeFiles(run: Run, staged: Staged, stamp: Date): Promise<void> {
  const { client, job, sourceId } = run
  const touched = touchedTable(job.jobId)
  await client.query(`create unlogged table ${touched} (sourced_id text collate "C" primary key)`)
  const totalRows = [...staged.values()].reduce((sum, { counts }) => sum + counts.read, 1)
  let rows = 0
  for (const name of mergeOrder) {
    const file = staged.get(name)
    if (file) {
      const values = [job.tenantId, sourceId, stamp]
      // Removals first: they are sought among what was stored before, not among a million rows that have just come.
      const removed = await client.query<{ removed: number }>(removeSql(file, touched), values)
      const found = await client.query<{ created: number; updated: number }>(differencesSql(file), values.slice(0, 2))
      const { created, updated } = found.rows[0]!
      if (updated) await client.query(updateSql(file, touched), values)
      if (created) await client.query(insertSql(file, touched), values)
      setCounts(file, { created, updated, ...removed.rows[0]! })
    }
    if (name === 'user') {
      const touchedOnly = await client.query<{ updated: number }>(touchedUsersSql(entities.user, touched), [
        job.tenantId,
        stamp,
      ])
      if (file) addTouched(file, touchedOnly.rows[0]!.updated)
    }
    rows += file?.counts.read ?? 0
    run.progress.enter('mergeStaged', rows / totalRows)
  }
  await client.query(`drop table ${touched}`)
}

function setCounts({ counts, mode }: StagedFile, found: { created: number; updated: number; removed: number }): void {
  const ofRows = found.created + found.updated + (mode === 'delta' ? found.removed : 0)
  Object.assign(counts, found, { unchanged: counts.read - counts.rejected - ofRows })
}

/** A user whose roles changed counts as updated, as its dateLastModified does. */
function addTouched({ counts }: StagedFile, updated: number): void {
  const ofRows = Math.min(updated, counts.unchanged)
  counts.updated += ofRows
  counts.unchanged -= ofRows
}

async function markMerging({ client, job }: Run): Promise<void> {
  const marked = await client.query(
    `update import_jobs set state = 'MERGING' where job_id = $1 and claimed_by = $2 and state = 'VALIDATING' and not cancel_requested`,
    [job.jobId, job.claim],
  )
  if (!marked.rowCount) throw new ClaimLost()
}

async function recordImport({ client, job }: Run, files: readonly StagedFile[]): Promise<void> {
  const changed = files.reduce((sum, { counts }) => sum + counts.created + counts.updated + counts.removed, 0)
  await client.query(
    `insert into audit_events (tenant_id, client_id, operation, object_kind, object_ids, object_count, request_id)
     values ($1, $2, 'mergeImport', 'importJob', array[$3::text], $4, $3::text)`,
    [job.tenantId, job.createdBy, job.jobId, changed],
  )
}
