import type { Staged } from './afterwards'
import type { Run } from './job'
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
    if (removed > total * removalLimit) exceeded = true
  }
  return exceeded && !job.confirmed && !job.options.dryRun
}
