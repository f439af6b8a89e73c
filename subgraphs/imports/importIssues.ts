import DataLoader from 'dataloader'
import type { Database } from '../../platform/database'
import type { ImportsContext } from './context'

export interface ImportIssueRow {
  readonly file: string | null
  readonly line: number | null
  readonly column_name: string | null
  readonly code: string
  readonly severity: string
  readonly parameters: Record<string, string | number>
}

export interface IssueFilter {
  readonly severity?: string | null
  readonly code?: string | null
  readonly file?: string | null
}

export interface ImportIssuePage {
  readonly items: readonly ImportIssueRow[]
  readonly total: number
}

interface Paging {
  readonly limit: number
  readonly offset: number
}

/** The issues of one job of those that a request shows; the same page of all of them comes in two statements. */
export function loadIssues(
  { database, identity, issueLoaders }: ImportsContext,
  jobId: string,
  filter: IssueFilter,
  page: Paging,
): Promise<ImportIssuePage> {
  const key = JSON.stringify([filter.severity, filter.code, filter.file, page.limit, page.offset])
  let loader = issueLoaders.get(key)
  if (!loader) {
    loader = new DataLoader((jobIds) => listIssues(database, identity.tenantId, jobIds, filter, page))
    issueLoaders.set(key, loader)
  }
  return loader.load(jobId)
}

/** The issues that were kept of each of these jobs, causes first. */
export async function listIssues(
  database: Database,
  tenantId: number,
  jobIds: readonly string[],
  filter: IssueFilter,
  page: Paging,
): Promise<ImportIssuePage[]> {
  const where = `tenant_id = $1 and ($3::text is null or severity = $3) and ($4::text is null or code = $4)
    and ($5::text is null or file = $5)`
  const values = [tenantId, jobIds, filter.severity ?? null, filter.code ?? null, filter.file ?? null]
  const items = await database.query<ImportIssueRow & { job_id: string }>(
    tenantId,
    `select i.* from unnest($2::uuid[]) as j(job_id) cross join lateral
       (select * from import_issues where ${where} and job_id = j.job_id order by position limit $6 offset $7) i
     order by i.position`,
    [...values, page.limit, page.offset],
  )
  const totals = await database.query<{ job_id: string; total: number }>(
    tenantId,
    `select job_id, count(*)::integer as total from import_issues where ${where} and job_id = any($2::uuid[]) group by job_id`,
    values,
  )
  const pages = new Map(jobIds.map((id) => [id, { items: [] as ImportIssueRow[], total: 0 }]))
  for (const item of items) pages.get(item.job_id)?.items.push(item)
  for (const { job_id, total } of totals) Object.assign(pages.get(job_id) ?? {}, { total })
  return jobIds.map((id) => pages.get(id)!)
}
