import type { EntityName } from '../../../oneroster/model'
import { waitForTurn } from '../claim'
import type { Staged } from './afterwards'
import { checkReferences } from './checkReferences'
import { PackageRefused, type Run, type StagedFile } from './job'
import { leaveOutErased } from './leaveOutErased'
import { mergeStaged } from './mergeStaged'
import { openPackage } from './openPackage'
import { parseRows } from './parseRows'
import { readHeaders } from './readHeaders'
import { readManifest } from './readManifest'
import { recogniseFile } from './recogniseFile'
import { exceedsRemovalLimit } from './removalLimit'
import { keepRolesOfLeftOut, settleOlder } from './settleOlder'
import { dropStaging } from './staging'
import { writeReport } from './writeReport'

/**
 * One import, step by step. Ends with the job COMPLETED, REJECTED or HELD; throws when the fault is ours.
 *
 *   recogniseFile    the very same file, and nothing written since: nothing to do
 *   openPackage      the uploaded bytes as named files
 *   readManifest     which files, in which mode
 *   readHeaders      their columns, and the generation of the profile; files of 1.1 and 1.0 get what makes rows of 1.2 of theirs
 *   parseRows        one stream per file: quoteGuard → scanRows → validateRow → stageRows → COPY into staging
 *   settleOlder      of packages of 1.1 and 1.0: what depends on other files
 *   leaveOutErased   not the people who were erased on request
 *   checkReferences  duplicates, owners, references and roles, set-wise
 *   removalLimit     HELD when a bulk file would remove too much
 *   mergeStaged      one transaction: roster, job and audit event
 *   writeReport      counts and issues
 */
export async function runImport(run: Run): Promise<void> {
  if (await recogniseFile(run)) return
  const staged = new Map<EntityName, StagedFile>()
  // A run before this one may have been killed and left its rows.
  await dropStaging(run.client, run.job.jobId)
  try {
    await stagePackage(run, staged)
    await leaveOutErased(run, staged)
    await checkReferences(run, staged)
    await keepRolesOfLeftOut(run, staged)
    if (run.issues.errors && run.job.options.onError === 'REJECT') throw new PackageRefused()
    run.signal.throwIfAborted()
    if (await exceedsRemovalLimit(run, staged)) return await endRun(run, 'HELD', staged)
    await mergeStaged(run, staged)
    await refreshStatistics(run, staged)
  } catch (error) {
    if (!(error instanceof PackageRefused)) throw error
    await endRun(run, 'REJECTED', staged)
  } finally {
    await dropStaging(run.client, run.job.jobId).catch(() => undefined)
  }
}

async function stagePackage(run: Run, staged: Map<EntityName, StagedFile>): Promise<void> {
  run.progress.enter('openPackage')
  const contents = await openPackage(run)
  try {
    run.progress.enter('readManifest')
    const manifest = await readManifest(run, contents)
    const { files, profile } = await readHeaders(run, manifest)
    await parseRows(run, files, profile, staged)
    await settleOlder(run, staged)
  } finally {
    contents.close()
  }
}

/** State and issues appear together, and what was staged is gone then. */
async function endRun(run: Run, state: 'REJECTED' | 'HELD', staged: Staged): Promise<void> {
  if (run.job.overtakes) return waitForTurn(run.client, run.job)
  await run.client.query('begin')
  try {
    await writeReport(run, run.client, state, [...staged.values()])
    await dropStaging(run.client, run.job.jobId)
    await run.client.query('commit')
  } catch (error) {
    await run.client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** After a big merge the planner's picture of the tables is old; autovacuum would take a minute to notice. */
async function refreshStatistics({ client }: Run, staged: Staged): Promise<void> {
  const changed = [...staged.values()].reduce(
    (sum, { counts }) => sum + counts.created + counts.updated + counts.removed,
    0,
  )
  if (changed >= 1000) await client.query('select refresh_roster_statistics()')
}
