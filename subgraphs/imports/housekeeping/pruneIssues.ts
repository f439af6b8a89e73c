import { log } from '../../../platform/log'
import type { House } from './keepHouse'

/** Single issues after config.issueDays; their counts stay with the import. */
export async function pruneIssues({ pool, config }: House): Promise<void> {
  if (!config.issueDays) return
  const { rowCount } = await pool.query(
    `delete from import_issues i using import_jobs j
     where j.job_id = i.job_id and j.finished_at < now() - make_interval(days => $1)`,
    [config.issueDays],
  )
  if (rowCount) log.info('issues pruned', { count: rowCount })
}
