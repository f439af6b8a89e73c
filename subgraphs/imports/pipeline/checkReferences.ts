import type { PoolClient } from 'pg'
import { severityOf } from '../../../oneroster/issueCodes'
import type { Staged } from './afterwards'
import { onSecondConnection } from './cancellable'
import { keptPerCodeAndFile } from './issues'
import type { Run } from './job'
import { referenceRules, type ReferenceRule } from './referenceRules'

/** A chain of parents is followed this far when rows are left out; longer ones do not occur. */
const mostRounds = 20

/**
 * Step 7: references, duplicates and owners, set-wise. Under REJECT each rule is asked once, two at a time, since they only read. Under SKIP
 * the rows at fault are left out, which may leave others without what they refer to: the rules are asked one after the other, and again until
 * nothing more is found. `isAsked` chooses among the rules. `inTurn`: one at a time, since other work goes on beside.
 */
export async function checkReferences(
  run: Run,
  staged: Staged,
  { isAsked = () => true, inTurn = false }: { isAsked?: (rule: ReferenceRule) => boolean; inTurn?: boolean } = {},
): Promise<void> {
  const { job, client, sourceId } = run
  const others = await client.query('select from sources where tenant_id = $1 and source_id <> $2 limit 1', [
    job.tenantId,
    sourceId,
  ])
  const rules = referenceRules(run, staged, Boolean(others.rowCount)).filter(isAsked)
  const skip = job.options.onError === 'SKIP'
  if (!skip && inTurn) return void (await askInTurn(run, client, rules.entries(), rules.length))
  if (!skip) return askAll(run, rules)
  for (let round = 1; round <= mostRounds; round++) {
    // Warnings are told once, about the rows that remain.
    const asked = round === 1 ? rules : rules.filter(isError)
    if (!(await askInTurn(run, run.client, asked.entries(), asked.length))) return
  }
}

function isError({ code, file }: ReferenceRule): boolean {
  return severityOf(code, file.profile.id) === 'error'
}

/** On this run's connection and one more: both take the next rule from the same list. */
async function askAll(run: Run, rules: readonly ReferenceRule[]): Promise<void> {
  const next = rules.entries()
  await onSecondConnection(run, async (second) => {
    const lanes = [run, second].map(({ client }) => askInTurn(run, client, next, rules.length))
    // Both come to their end before either connection is used for something else.
    const ends = await Promise.allSettled(lanes)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  })
}

/** Asks rule after rule; answers how many rows were left out because of them. */
async function askInTurn(
  run: Run,
  client: PoolClient,
  rules: IterableIterator<[number, ReferenceRule]>,
  ofAll: number,
): Promise<number> {
  const skip = run.job.options.onError === 'SKIP'
  const answers = new Map<string, boolean>()
  let leftOut = 0
  for (const [index, rule] of rules) {
    run.signal.throwIfAborted()
    if (rule.onlyIf && !(await isAny(run, client, rule.onlyIf, answers))) continue
    leftOut += await ask(run, client, rule, skip && isError(rule))
    run.progress.enter('checkReferences', (index + 1) / ofAll)
  }
  return leftOut
}

/** Whether a query finds anything; rules that depend on the same query share the answer. */
async function isAny(
  { job, sourceId }: Run,
  client: PoolClient,
  sql: string,
  answers: Map<string, boolean>,
): Promise<boolean> {
  if (!answers.has(sql)) {
    const values = valuesFor(sql, job.tenantId, sourceId)
    const { rows } = await client.query<{ exists: boolean }>(`select exists (${sql})`, values)
    answers.set(sql, rows[0]!.exists)
  }
  return answers.get(sql)!
}

/** Asks one rule and reports what it finds; answers how many rows were left out because of it. */
async function ask(run: Run, client: PoolClient, rule: ReferenceRule, leaveOut: boolean): Promise<number> {
  const { job, issues, sourceId } = run
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
  if (!found || !isError(rule)) return 0
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
