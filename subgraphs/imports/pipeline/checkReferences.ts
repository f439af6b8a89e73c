import { severityOf } from '../../../oneroster/issueCodes'
import type { Staged } from './afterwards'
import { keptPerCodeAndFile } from './issues'
import type { Run } from './job'
import { referenceRules, type ReferenceRule } from './referenceRules'

/** A chain of parents is followed this far when rows are left out; longer ones do not occur. */
const mostRounds = 20

/**
 * Step 7: references, duplicates and owners, set-wise. Under REJECT each rule is asked once. Under SKIP the rows at fault are left out, which
 * may leave others without what they refer to: the rules are asked again until nothing more is found.
 */
export async function checkReferences(run: Run, staged: Staged): Promise<void> {
  const { job, client, sourceId } = run
  const others = await client.query('select from sources where tenant_id = $1 and source_id <> $2 limit 1', [
    job.tenantId,
    sourceId,
  ])
  const rules = referenceRules(run, staged, Boolean(others.rowCount))
  const skip = job.options.onError === 'SKIP'
  for (let round = 1; round <= mostRounds; round++) {
    let leftOut = 0
    const answers = new Map<string, boolean>()
    for (const [index, rule] of rules.entries()) {
      run.signal.throwIfAborted()
      const isError = severityOf(rule.code, rule.file.profile.id) === 'error'
      // Warnings are told once, about the rows that remain.
      if (!isError && round > 1) continue
      if (rule.onlyIf && !(await isAny(run, rule.onlyIf, answers))) continue
      leftOut += await ask(run, rule, skip && isError)
      run.progress.enter('checkReferences', (index + 1) / rules.length)
    }
    if (!skip || !leftOut) return
  }
}

/** Whether a query finds anything; rules that depend on the same query share the answer. */
async function isAny({ client, job, sourceId }: Run, sql: string, answers: Map<string, boolean>): Promise<boolean> {
  if (!answers.has(sql)) {
    const values = valuesFor(sql, job.tenantId, sourceId)
    const { rows } = await client.query<{ exists: boolean }>(`select exists (${sql})`, values)
    answers.set(sql, rows[0]!.exists)
  }
  return answers.get(sql)!
}

/** Asks one rule and reports what it finds; answers how many rows were left out because of it. */
async function ask(run: Run, rule: ReferenceRule, leaveOut: boolean): Promise<number> {
  const { job, client, issues, sourceId } = run
  const values = valuesFor(rule.sql, job.tenantId, sourceId)
  const { older, name } = rule.file
  // Rows that were made of one line of the file are told by that line.
  const sql = older?.derived
    ? `select t.origin as line, f.left_out from (${rule.sql}) f join ${rule.file.table} t on t.line = f.line`
    : rule.sql
  const { rows } = await client.query<{ left_out: boolean; count: number; lines: number[] }>(
    `select left_out, count(*)::integer as count,
       coalesce((array_agg(line order by line) filter (where line is not null))[1:${keptPerCodeAndFile}], '{}') as lines
     from (${sql}) found group by left_out order by left_out`,
    values,
  )
  const place = { file: name, column: older?.nameInFile(rule.column) ?? rule.column }
  let found = 0
  for (const { left_out, count, lines } of rows) {
    const code = left_out ? 'reference.leftOut' : rule.code
    issues.addMany(code, place, rule.parameters, count, lines)
    found += count
  }
  if (!found || severityOf(rule.code, rule.file.profile.id) !== 'error') return 0
  const { counts, table } = rule.file
  counts.rejected = Math.min(counts.read, counts.rejected + found)
  if (!leaveOut) return 0
  await client.query(`update ${table} set rejected = true where line in (select line from (${rule.sql}) found)`, values)
  return found
}

/** PostgreSQL wants every parameter used: rules that do not ask about tenant or source get none. */
export function valuesFor(sql: string, tenantId: number, sourceId: number): number[] {
  return sql.includes('$2') ? [tenantId, sourceId] : sql.includes('$1') ? [tenantId] : []
}
