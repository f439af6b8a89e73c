import type { EntityName } from '../../../oneroster/model'
import type { Staged } from './afterwards'
import { keptPerCodeAndFile } from './issues'
import type { Run, StagedFile } from './job'

/** The column that says whom a row is about, by entity. */
const personColumns: Partial<Record<EntityName, string>> = {
  user: 'sourced_id',
  role: 'user_sourced_id',
  userProfile: 'user_sourced_id',
  enrollment: 'user_sourced_id',
  demographics: 'sourced_id',
}

/**
 * Takes the rows about people who were erased out of staging, and the references to them: told as warnings, so that a nightly file of a
 * sender who still knows the person goes through without the person. Asked before the rules, and again within the merge, since a person may
 * be erased in between. Costs one small statement where nobody was erased. Lifting an erasure lets the next file bring the person back.
 */
export async function leaveOutErased(run: Run, staged: Staged): Promise<void> {
  const { rowCount } = await run.client.query('select from erased_people where tenant_id = $1 limit 1', [
    run.job.tenantId,
  ])
  if (!rowCount) return
  for (const file of staged.values()) {
    const column = personColumns[file.entity.name]
    if (column) await leaveOutRows(run, file, column)
    if (file.entity.name === 'user') await leaveOutAgents(run, file)
  }
}

/** Each sourcedId is hashed once, not once a row. */
const erased = (ids: string) =>
  `select d.id from (${ids}) d join erasure_keys k on k.tenant_id = $1
   join erased_people e on e.tenant_id = $1 and e.person_hash = person_hash(k.key, d.id)`

async function leaveOutRows({ client, issues, job }: Run, file: StagedFile, column: string): Promise<void> {
  const { rows } = await client.query<{ count: number; lines: number[] | null }>(
    `with gone as (
       delete from ${file.table} where ${column} in (${erased(`select distinct ${column} as id from ${file.table}`)}) returning line
     )
     select count(*)::integer as count, (array_agg(line order by line))[1:${keptPerCodeAndFile}] as lines from gone`,
    [job.tenantId],
  )
  const { count, lines } = rows[0]!
  if (!count) return
  issues.addMany('row.erased', { file: file.name, column: csvNameOf(file, column) }, {}, count, lines!)
  file.counts.rejected = Math.min(file.counts.read, file.counts.rejected + count)
}

/** Whoever had the person as an agent stays, without this agent. */
async function leaveOutAgents({ client, issues, job }: Run, { table, name }: StagedFile): Promise<void> {
  const agents = `select distinct a.id from ${table} s cross join lateral unnest(s.agent_sourced_ids) as a (id)`
  const { rows } = await client.query<{ count: number; lines: number[] | null }>(
    `with erased as materialized (${erased(agents)}), changed as (
       update ${table} set agent_sourced_ids = (
         select array_agg(a.id order by a.place) from unnest(agent_sourced_ids) with ordinality as a (id, place)
         where a.id not in (select id from erased))
       where agent_sourced_ids && (select array_agg(id) from erased) returning line
     )
     select count(*)::integer as count, (array_agg(line order by line))[1:${keptPerCodeAndFile}] as lines from changed`,
    [job.tenantId],
  )
  const { count, lines } = rows[0]!
  if (count) issues.addMany('row.erased', { file: name, column: 'agentSourcedIds' }, {}, count, lines!)
}

function csvNameOf({ entity }: StagedFile, column: string): string {
  return column === 'sourced_id' ? 'sourcedId' : entity.fields.find(({ name }) => name === 'user')!.csv!
}
