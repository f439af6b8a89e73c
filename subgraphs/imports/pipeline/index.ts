import type { Profile } from '../../../oneroster/csv'
import type { EntityName } from '../../../oneroster/model'
import { waitForTurn } from '../claim'
import type { Staged } from './afterwards'
import { checkReferences } from './checkReferences'
import { NeedsConfirmation, PackageRefused, type Run, type StagedFile } from './job'
import { leaveOutErased } from './leaveOutErased'
import { mergeStaged } from './mergeStaged'
import { mergeWhileParsing, parsedLater } from './mergeWhileParsing'
import { openPackage } from './openPackage'
import { parseRows } from './parseRows'
import { readHeaders, type HeadedFile } from './readHeaders'
import { readManifest } from './readManifest'
import { recogniseFile } from './recogniseFile'
import { exceedsRemovalLimit, tellRemovals } from './removalLimit'
import { settleOlder } from './settleOlder'
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
 *
 * Of a large package enrollments are parsed and checked while what they refer to is merged already (mergeWhileParsing).
 */
export async function runImport(run: Run): Promise<void> {
  if (await recogniseFile(run)) return
  const staged = new Map<EntityName, StagedFile>()
  // A run before this one may have been killed and left its rows.
  await dropStaging(run.client, run.job.jobId)
  try {
    await importPackage(run, staged)
    await refreshStatistics(run, staged)
  } catch (error) {
    if (error instanceof PackageRefused) await endRun(run, 'REJECTED', staged)
    else if (error instanceof NeedsConfirmation) await endRun(run, 'HELD', staged)
    else throw error
  } finally {
    await dropStaging(run.client, run.job.jobId).catch(() => undefined)
  }
}

async function importPackage(run: Run, staged: Map<EntityName, StagedFile>): Promise<void> {
  run.progress.enter('openPackage')
  const contents = await openPackage(run)
  try {
    run.progress.enter('readManifest')
    const manifest = await readManifest(run, contents)
    const { files, profile } = await readHeaders(run, manifest)
    await importFiles(run, files, profile, staged)
  } finally {
    contents.close()
  }
}

async function importFiles(
  run: Run,
  files: readonly HeadedFile[],
  profile: Profile,
  staged: Map<EntityName, StagedFile>,
): Promise<void> {
  run.progress.bytesToRead = files.reduce((sum, file) => sum + file.bytes, 1)
  const later = parsedLater(run, files)
  const first = files.filter((file) => !later.includes(file))
  const isReadable = await parseRows(run, first, profile, staged)
  if (later.length && isReadable && !run.issues.errors) return mergeWhileParsing(run, later, profile, staged)
  if (!(await parseRows(run, later, profile, staged)) || !isReadable) throw new PackageRefused()
  await settleOlder(run, staged)
  await leaveOutErased(run, staged)
  await checkReferences(run, staged)
  if (run.issues.errors && run.job.options.onError === 'REJECT') throw new PackageRefused()
  run.signal.throwIfAborted()
  if (await exceedsRemovalLimit(run, staged)) throw new NeedsConfirmation()
  await mergeStaged(run, staged)
}

/** State and issues appear together, and what was staged is gone then. */
async function endRun(run: Run, state: 'REJECTED' | 'HELD', staged: Staged): Promise<void> {
  // What was counted before an error was found is not told.
  if (state === 'REJECTED') for (const { counts } of staged.values()) counts.removed = 0
  if (run.job.overtakes) return waitForTurn(run.client, run.job)
  if (state === 'HELD') tellRemovals(run, [...staged.values()])
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
