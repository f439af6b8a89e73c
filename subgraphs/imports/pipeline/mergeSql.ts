import { documentSql } from '../../../oneroster/documentSql'
import type { Entity } from '../../../oneroster/model'
import type { StagedFile } from './job'
import { dataColumns } from './staging'

/**
 * The statements of a merge for one file. $1 is the tenant, $2 the source, $3 the stamp of this merge. Only rows that differ are written,
 * found by a join beforehand: ON CONFLICT ... WHERE would lock every row of the table, changed or not.
 */

/** Creates and updates; answers `created` and `updated`. Nested entities also note their users in `touched`. */
export function upsertSql({ entity, table }: StagedFile, touched: string): string {
  const columns = recordColumns(entity)
  const isServed = !entity.nestedIn
  const former = isServed ? '' : ', t.user_sourced_id as former_user'
  const noteUsers = isServed
    ? ''
    : `, noted as (insert into ${touched} select distinct user_id from changed
         cross join lateral unnest(array[user_sourced_id, former_user]) as users(user_id)
         where user_id is not null on conflict do nothing)`
  const targets = ['tenant_id', 'sourced_id', 'source_id', 'status', 'date_last_modified', ...columns]
  const written = [...targets, ...(isServed ? ['document'] : [])]
  const values = [...targets.map((column) => `x."${column}"`), ...(isServed ? [documentSql(entity, 'x')] : [])]
  const replaced = written.filter((column) => column !== 'tenant_id' && column !== 'sourced_id')
  return `
    with changed as ${isServed ? 'not materialized' : 'materialized'} (
      select $1::integer as tenant_id, s.sourced_id, $2::integer as source_id, s.status, $3::timestamptz(3) as date_last_modified,
        ${list('s', columns)}${former}
      from ${table} s left join ${entity.table} t on t.tenant_id = $1 and t.sourced_id = s.sourced_id
      where not s.rejected and s.status = 'active' and (t.sourced_id is null or t.source_id is distinct from $2
        or (t.status, ${list('t', columns)}) is distinct from (s.status, ${list('s', columns)}))
      order by s.sourced_id
    )${noteUsers}, merged as (
      insert into ${entity.table} (${written.map((column) => `"${column}"`).join(', ')})
      select ${values.join(', ')} from changed x
      on conflict (tenant_id, sourced_id) do update set ${replaced.map((column) => `"${column}" = excluded."${column}"`).join(', ')}
      returning (xmax = 0) as created
    )
    select count(*) filter (where created)::integer as created, count(*) filter (where not created)::integer as updated from merged`
}

/** Marks as tobedeleted what the file removes (removedSql); answers `removed`. */
export function removeSql(file: StagedFile, touched: string): string {
  const { entity } = file
  const columns = recordColumns(entity)
  const isServed = !entity.nestedIn
  const document = isServed ? `, document = ${documentSql(entity, 'x')}` : ''
  const noted = isServed
    ? ''
    : `, noted as (insert into ${touched} select distinct user_sourced_id from gone on conflict do nothing)`
  return `
    with gone as (
      update ${entity.table} as target set status = x.status, date_last_modified = x.date_last_modified${document}
      from (
        select t.tenant_id, t.sourced_id, 'tobedeleted'::text as status, $3::timestamptz(3) as date_last_modified, ${list('t', columns)}
        from ${entity.table} t where ${removed(file)}
      ) x
      where target.tenant_id = x.tenant_id and target.sourced_id = x.sourced_id
      returning ${isServed ? 'target.sourced_id' : 'target.user_sourced_id'}
    )${noted}
    select count(*)::integer as removed from gone`
}

/** How many active records of this source the bulk file would remove, and out of how many. Takes $1 and $2 only. */
export function removalCountSql(file: StagedFile): string {
  const ours = `select count(*)::integer from ${file.entity.table} t where t.tenant_id = $1 and t.status = 'active' and t.source_id = $2`
  return `select (${ours} and ${gone(file)}) as removed, (${ours}) as total`
}

/** Users that did not change themselves but whose roles or profiles did; answers `updated`. Takes $1 and $2 = stamp. */
export function touchedUsersSql(user: Entity, touched: string): string {
  return `
    with changed as (
      update users as target set date_last_modified = x.date_last_modified, document = ${documentSql(user, 'x')}
      from (
        select t.tenant_id, t.sourced_id, t.status, $2::timestamptz(3) as date_last_modified, ${list('t', recordColumns(user))}
        from users t join ${touched} n on n.sourced_id = t.sourced_id
        where t.tenant_id = $1 and t.date_last_modified <> $2
      ) x
      where target.tenant_id = x.tenant_id and target.sourced_id = x.sourced_id
      returning 1
    )
    select count(*)::integer as updated from changed`
}

/** Bulk removes what the same source sent before and does not send now; delta what its rows say (CSV Binding 1.2 section 5). */
function removed(file: StagedFile): string {
  const scope = file.mode === 'bulk' ? 't.source_id = $2 and' : '$2::integer is not null and'
  return `t.tenant_id = $1 and t.status = 'active' and ${scope} ${gone(file)}`
}

function gone({ mode, table, keyless }: StagedFile): string {
  if (mode === 'bulk' && keyless) return 'false'
  return mode === 'bulk'
    ? `not exists (select from ${table} s where s.sourced_id = t.sourced_id)`
    : `exists (select from ${table} s where s.sourced_id = t.sourced_id and s.status = 'tobedeleted' and not s.rejected)`
}

function recordColumns(entity: Entity): string[] {
  return dataColumns(entity).filter((column) => column !== 'sourced_id' && column !== 'status')
}

function list(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}."${column}"`).join(', ')
}
