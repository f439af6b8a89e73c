import type { PoolClient } from 'pg'
import { definedColumns } from '../../../oneroster/csv'
import { issueCodes, type IssueCodeName } from '../../../oneroster/issueCodes'
import { entities } from '../../../oneroster/model'
import type { Issue, IssueCount } from './issues'
import { ClaimLost, type Run, type StagedFile } from './job'

/**
 * Last step: state, counts and issues of the job, for good. Guarded by the claim, so that a worker that was thought dead writes nothing; it
 * runs in the transaction that `client` is in, if any.
 */
export async function writeReport(
  run: Run,
  client: Pick<PoolClient, 'query'>,
  state: 'COMPLETED' | 'REJECTED' | 'HELD',
  files: readonly StagedFile[],
): Promise<void> {
  const { job, issues, progress } = run
  progress.enter('writeReport')
  const isEnd = state !== 'HELD'
  const report = files.map(({ entity, name, mode, counts }) => ({ entity: entity.name, file: name, mode, ...counts }))
  const written = await client.query(
    `update import_jobs set state = $3, files = $4::jsonb, issue_counts = $5::jsonb, profile = $6, source_id = $7,
       step = $8, progress = case when $9 then 100 else $12 end, bytes_read = $10, rows_read = $11,
       finished_at = case when $9 then clock_timestamp() end, beat_at = null, claimed_by = null,
       merged_stamp = case when $13 then (select stamp from roster_state where tenant_id = import_jobs.tenant_id) end
     where job_id = $1 and claimed_by = $2 and state in ('VALIDATING', 'MERGING') and not cancel_requested`,
    [
      ...[
        job.jobId,
        job.claim,
        state,
        JSON.stringify(report),
        JSON.stringify(causesFirst(issues.counts, issues.counts)),
        files[0]?.older?.id ?? files[0]?.profile.id ?? null,
      ],
      ...[run.sourceId, progress.step, isEnd, progress.bytesRead, progress.rowsRead, progress.percentage],
      state === 'COMPLETED' && !job.options.dryRun,
    ],
  )
  if (!written.rowCount) throw new ClaimLost()
  await client.query('delete from import_issues where job_id = $1', [job.jobId])
  await client.query(
    `insert into import_issues (tenant_id, job_id, position, file, line, column_name, code, severity, parameters)
     select $1, $2, position, file, line, "column", code, severity, coalesce(parameters, '{}')
     from jsonb_to_recordset($3::jsonb) as issue
       (position integer, file text, line integer, "column" text, code text, severity text, parameters jsonb)`,
    [
      job.tenantId,
      job.jobId,
      JSON.stringify(
        causesFirst(issues.kept, issues.counts)
          .slice(0, keptInAll)
          .map((issue, position) => ({ ...issue, position })),
      ),
    ],
  )
}

const scopes = ['package', 'manifest', 'header', 'row', 'reference']
const codeOrder = Object.keys(issueCodes)
const fileOrder = ['manifest.csv', ...Object.values(entities).map((entity) => entity.file)]

/** What mostly follows from another reference that is wrong: a role whose user is misspelt leaves the user without one. */
const consequences: readonly IssueCodeName[] = [
  'reference.primaryRoleMissing',
  'reference.roleMissing',
  'reference.primaryOrg',
  'reference.leftOut',
]

/** As many of the kept issues as a report holds. */
const keptInAll = 5_000

type Told = Pick<Issue, 'severity' | 'code' | 'file' | 'line'> & Partial<Pick<Issue, 'column' | 'parameters'>>

/**
 * Causes before consequences: errors first, then package before manifest, header, row and reference, what follows from others last, what is there
 * most often, files in the order of creation, then lines and their columns. Who works from the top down fixes most with least. The same package
 * gives the same report, whichever of its rules was answered first: two issues that are told differently have an order.
 */
export function causesFirst<T extends Told>(issues: readonly T[], counts: readonly IssueCount[]): T[] {
  const counted = new Map(counts.map(({ code, file, count }) => [`${code} ${file ?? ''}`, count]))
  const rank = ({ severity, code, file, line, column, parameters }: T) => [
    severity === 'error' ? 0 : 1,
    scopes.indexOf(code.split('.')[0]!),
    consequences.includes(code) ? 1 : 0,
    -(counted.get(`${code} ${file ?? ''}`) ?? 0),
    file ? fileOrder.indexOf(file) : -1,
    codeOrder.indexOf(code),
    line ?? 0,
    placeOf(column, file),
    Number(parameters?.['position'] ?? 0),
  ]
  const text = ({ file, column, parameters }: T) =>
    JSON.stringify([file, column, Object.entries(parameters ?? {}).sort()])
  return issues
    .map((issue) => ({ issue, key: rank(issue), text: text(issue) }))
    .sort((a, b) => {
      const difference = a.key.map((part, index) => part - b.key[index]!).find(Boolean)
      return difference ?? (a.text < b.text ? -1 : Number(a.text > b.text))
    })
    .map(({ issue }) => issue)
}

/** From left to right: the row as a whole, the columns of the standard, then others, which have no order of their own. */
function placeOf(column: string | undefined, file: string | undefined): number {
  if (column === undefined) return -1
  const columns = columnOrder.get(file) ?? []
  const at = columns.indexOf(column)
  return at < 0 ? columns.length : at
}
const columnOrder: ReadonlyMap<string | undefined, readonly string[]> = new Map(
  Object.values(entities).map((entity) => [entity.file, definedColumns(entity, true)]),
)
