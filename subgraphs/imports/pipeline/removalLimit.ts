import type { Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { removalCountSql } from './mergeSql'

/**
 * Step 8: whether a bulk file would remove so much that a person must look first. A sender that by mistake exports one school as its whole
 * roster would otherwise delete all others. Writes the number into the counts of the file; answers whether the job must be held.
 */
export async function exceedsRemovalLimit(run: Run, staged: Staged): Promise<boolean> {
  const { job, client, sourceId, removalLimit } = run
  run.progress.enter('removalLimit')
  let exceeded = false
  for (const file of staged.values()) {
    if (file.mode !== 'bulk') continue
    const { rows } = await client.query<{ removed: number; total: number }>(removalCountSql(file), [
      job.tenantId,
      sourceId,
    ])
    const { removed, total } = rows[0]!
    file.counts.removed = removed
    if (removed <= total * removalLimit) continue
    exceeded = true
    file.removedOf = total
  }
  return exceeded && !job.confirmed && !job.options.dryRun
}

/** Says which files remove so much: of an import that is held, and of a dry run, so that it says what the real one would. */
export function tellRemovals({ job, issues, removalLimit }: Run, files: readonly StagedFile[]): void {
  if (job.confirmed) return
  const limit = Math.round(removalLimit * 1000) / 10
  for (const { name, counts, removedOf: total } of files)
    if (total) issues.add('package.removalLimit', { file: name }, { removed: counts.removed, total, limit })
}
