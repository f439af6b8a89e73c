import { issueMessage, type IssueCodeName } from '../../oneroster/issueCodes'
import type { Database } from '../../platform/database'
import { asText } from '../../platform/humanCsv'
import { listIssues, type ImportIssueRow } from './importIssues'
import type { ImportJobRow } from './importJobs'

export interface ReportForm {
  readonly language?: 'en' | 'ja'
  /** With a byte order mark, without which Excel takes UTF-8 for Shift_JIS. */
  readonly forExcel?: boolean
}

const headers = {
  en: ['severity', 'code', 'file', 'line', 'column', 'message', 'found'],
  ja: ['重要度', 'コード', 'ファイル', '行', '列', '内容', '件数'],
} as const
const severities = { en: { error: 'error', warning: 'warning' }, ja: { error: 'エラー', warning: '警告' } } as const
/** More than are ever kept of one import (pipeline/issues.ts). */
const most = 10_000

/**
 * The report of an import as CSV, causes first, as `issues` lists them. `found` says how many of the code there are in the file, also when only
 * the first are listed. Like the issues it holds names of files and columns, and no value of a row.
 */
export async function importReport(
  database: Database,
  tenantId: number,
  job: ImportJobRow,
  { language = 'en', forExcel = false }: ReportForm,
): Promise<string> {
  const [page] = await listIssues(database, tenantId, [job.job_id], {}, { limit: most, offset: 0 })
  const counts = new Map(job.issue_counts.map(({ code, file, count }) => [`${code} ${file ?? ''}`, count]))
  const cellsOf = (issue: ImportIssueRow) => [
    severities[language][issue.severity as 'error' | 'warning'],
    issue.code,
    issue.file ?? '',
    String(issue.line ?? ''),
    issue.column_name ?? '',
    issueMessage(issue.code as IssueCodeName, issue.parameters, language === 'ja' ? 'japanese' : 'english'),
    String(counts.get(`${issue.code} ${issue.file ?? ''}`) ?? 1),
  ]
  const rows = [headers[language], ...page!.items.map(cellsOf)]
  return (forExcel ? '\ufeff' : '') + rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('')
}

/** Names of columns and files come from outside: a spreadsheet must not run one as a formula. */
function cell(text: string): string {
  return `"${asText(text).replaceAll('"', '""')}"`
}
