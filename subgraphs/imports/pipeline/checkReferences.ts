import type { PoolClient } from 'pg'
import { severityOf } from '../../../oneroster/issueCodes'
import type { Staged } from './afterwards'
import { onSecondConnection } from './cancellable'
import { keptPerCodeAndFile } from './issues'
import type { Run, StagedFile } from './job'
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
  if (!skip) {
    const found: Found[] = []
    if (inTurn) await askInTurn(run, client, rules.entries(), rules.length, found)
    else await askAll(run, rules, found)
    // Which of the rules was answered first depends on the machine; what is told, and which of many lines are, does not.
    found.sort((a, b) => rules.indexOf(a.rule) - rules.indexOf(b.rule))
    for (const one of found) tell(run, one)
    return countRejected(
      run,
      found.filter(({ rule }) => isError(rule)),
    )
  }
  for (let round = 1; round <= mostRounds; round++) {
    // Warnings are told once, about the rows that remain.
    const asked = round === 1 ? rules : rules.filter(isError)
    if (!(await askInTurn(run, run.client, asked.entries(), asked.length))) return
  }
}

/** What a rule found: `count` rows, of which `lines` are the first. */
interface Found {
  readonly rule: ReferenceRule
  readonly count: number
  readonly lines: readonly number[]
  /** The same apart: the rows whose target was `left_out`, and the others. */
  readonly parts: readonly FoundPart[]
}
interface FoundPart {
  readonly left_out: boolean
  readonly count: number
  readonly lines: number[]
}

function isError({ code, file }: ReferenceRule): boolean {
  return severityOf(code, file.profile.id) === 'error'
}

/** On this run's connection and one more: both take the next rule from the same list. */
async function askAll(run: Run, rules: readonly ReferenceRule[], found: Found[]): Promise<void> {
  const next = rules.entries()
  await onSecondConnection(run, async (second) => {
    const lanes = [run, second].map(({ client }) => askInTurn(run, client, next, rules.length, found))
    // Both come to their end before either connection is used for something else.
    const ends = await Promise.allSettled(lanes)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  })
}

/** Asks rule after rule. Under SKIP tells what is found and answers how many rows were left out; else notes it in `found`. */
async function askInTurn(
  run: Run,
  client: PoolClient,
  rules: IterableIterator<[number, ReferenceRule]>,
  ofAll: number,
  found: Found[] = [],
): Promise<number> {
  const skip = run.job.options.onError === 'SKIP'
  const answers = new Map<string, boolean>()
  let leftOut = 0
  for (const [index, rule] of rules) {
    run.signal.throwIfAborted()
    if (rule.onlyIf && !(await isAny(run, client, rule.onlyIf, answers))) continue
    const one = await ask(run, client, rule)
    if (one && !skip) found.push(one)
    else if (one) {
      tell(run, one)
      if (isError(rule)) leftOut += await leaveOut(run, client, one)
    }
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

/** Asks one rule; undefined when it finds nothing. */
async function ask({ job, sourceId }: Run, client: PoolClient, rule: ReferenceRule): Promise<Found | undefined> {
  // Rows that were made of one line of the file are told by that line, once, as is a row that a rule finds several times.
  const sql = rule.file.older?.derived
    ? `select t.origin as line, f.left_out from (${rule.sql}) f join ${rule.file.table} t on t.line = f.line`
    : rule.sql
  const { rows: parts } = await client.query<FoundPart>(
    `select left_out, sum(found)::integer as count,
       coalesce((array_agg(line order by line) filter (where line is not null))[1:${keptPerCodeAndFile}], '{}') as lines
     from (
       select line, bool_and(left_out) as left_out, case when line is null then count(*) else 1 end as found
       from (${sql}) every_one group by line
     ) by_line group by left_out order by left_out`,
    valuesFor(rule.sql, job.tenantId, sourceId),
  )
  if (!parts.length) return undefined
  const count = parts.reduce((sum, { count }) => sum + count, 0)
  return { rule, parts, count, lines: parts.flatMap(({ lines }) => lines) }
}

function tell({ issues }: Run, { rule, parts }: Found): void {
  if (rule.silent) return
  const { older, name } = rule.file
  const place = { file: name, column: older?.nameInFile(rule.column) ?? rule.column }
  for (const { left_out, count, lines } of parts)
    issues.addMany(left_out ? 'reference.leftOut' : rule.code, place, rule.parameters, count, lines)
}

/** Under SKIP: what a rule found is asked about no more, so every row is counted once. */
async function leaveOut({ job, sourceId }: Run, client: PoolClient, { rule }: Found): Promise<number> {
  const { file, sql } = rule
  const { rowCount } = await client.query(
    `update ${file.table} set rejected = true where line in (select line from (${sql}) found)`,
    valuesFor(sql, job.tenantId, sourceId),
  )
  addRejected(file, rowCount ?? 0)
  return rowCount ?? 0
}

/** Under REJECT: several rules may find the same row, which is one row to be mended. */
async function countRejected(run: Run, faults: readonly Found[]): Promise<void> {
  for (const file of new Set(faults.map(({ rule }) => rule.file)))
    addRejected(
      file,
      await countRows(
        run,
        faults.filter(({ rule }) => rule.file === file),
      ),
    )
}

/** Of many rows PostgreSQL counts again what the rules find together: a million lines are no matter for this process. */
async function countRows({ client, job, sourceId }: Run, faults: readonly Found[]): Promise<number> {
  const [{ rule, count }] = faults as [Found]
  // Lines of rows that were made of others are not told one by one.
  const isDerived = rule.file.older?.derived
  if (faults.length === 1 && !isDerived) return count
  if (!isDerived && faults.every(({ count, lines }) => count === lines.length))
    return new Set(faults.flatMap(({ lines }) => lines)).size
  const every = faults.map(({ rule }) => `select line from (${rule.sql}) found`).join(' union all ')
  const { rows } = await client.query<{ count: number }>(
    `select count(distinct line)::integer as count from (${every}) every_line`,
    valuesFor(every, job.tenantId, sourceId),
  )
  return rows[0]!.count
}

function addRejected({ counts }: StagedFile, count: number): void {
  counts.rejected = Math.min(counts.read, counts.rejected + count)
}

/** PostgreSQL wants every parameter used: rules that do not ask about tenant or source get none. */
export function valuesFor(sql: string, tenantId: number, sourceId: number): number[] {
  return sql.includes('$2') ? [tenantId, sourceId] : sql.includes('$1') ? [tenantId] : []
}
