import { documentSql } from '../../../oneroster/documentSql'
import type { Entity } from '../../../oneroster/model'
import type { StagedFile } from './job'
import { dataColumns, isDerived, isOfLeftOut } from './staging'

/**
 * The statements of a merge for one file. $1 is the tenant, $2 the source, $3 the stamp of this merge. Only rows that differ are written,
 * found by a join beforehand: ON CONFLICT ... WHERE would lock every row of the table, changed or not, and costs a million new rows a fifth
 * more. Nobody else writes meanwhile: every writer of a tenant holds its stamp (mergeStaged.ts, subgraphs/roster/writeRow.ts).
 */

/** How many rows are `created` and `updated` by the file. Takes $1 and $2 only. */
export function differencesSql(file: StagedFile): string {
  const { entity, table } = file
  return `
    select count(*) filter (where t.sourced_id is null)::integer as created, count(t.sourced_id)::integer as updated
    from ${table} s left join ${entity.table} t on t.tenant_id = $1 and t.sourced_id = s.sourced_id
    where ${isKept('s')} and (t.sourced_id is null or ${differs(entity)})`
}

/** Inserts what is new. Nested entities also note their users in `touched`. */
export function insertSql({ entity, table }: StagedFile, touched: string): string {
  const written = writtenColumns(entity).map((column) => `"${column}"`)
  // In order of the key, so that the index of the key and that of the stamp grow at their ends.
  const insert = `
    insert into ${entity.table} (${written.join(', ')})
    select ${writtenValues(entity)} from (
      select ${writtenRow(entity)} from ${table} s
      where ${isKept('s')} and not exists (select from ${entity.table} t where t.tenant_id = $1 and t.sourced_id = s.sourced_id)
      order by s.sourced_id
    ) x`
  if (!entity.nestedIn) return insert
  return `
    with merged as (${insert} returning user_sourced_id)
    insert into ${touched} select distinct user_sourced_id from merged on conflict do nothing`
}

/** Updates what is stored and differs. Nested entities also note their users, the former one too, in `touched`. */
export function updateSql({ entity, table }: StagedFile, touched: string): string {
  const former = entity.nestedIn ? ', t.user_sourced_id as former_user' : ''
  const noted = entity.nestedIn
    ? `, noted as (insert into ${touched} select distinct user_id from changed
         cross join lateral unnest(array[user_sourced_id, former_user]) as users(user_id) on conflict do nothing)`
    : ''
  const replaced = writtenColumns(entity).filter((column) => column !== 'tenant_id' && column !== 'sourced_id')
  const rendered: Record<string, string> = { document: documentSql(entity, 'x', '$3::timestamptz(3)') }
  const sets = replaced.map((column) => `"${column}" = ${rendered[column] ?? `x."${column}"`}`)
  return `
    with changed as materialized (
      select ${writtenRow(entity)}${former}
      from ${table} s join ${entity.table} t on t.tenant_id = $1 and t.sourced_id = s.sourced_id
      where ${isKept('s')} and ${differs(entity)}
    )${noted}
    update ${entity.table} as target set ${sets.join(', ')}
    from changed x where target.tenant_id = x.tenant_id and target.sourced_id = x.sourced_id`
}

/** Marks as tobedeleted what the file removes (removedSql); answers `removed`. */
export function removeSql(file: StagedFile, touched: string): string {
  const { entity } = file
  const columns = recordColumns(entity)
  const isServed = !entity.nestedIn
  const document = isServed ? `, document = ${documentSql(entity, 'x', '$3::timestamptz(3)')}` : ''
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
      update users as target set date_last_modified = x.date_last_modified, document = ${documentSql(user, 'x', '$2::timestamptz(3)')}
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

function gone({ mode, table, keyless, users }: StagedFile): string {
  if (mode === 'bulk' && keyless) return 'false'
  const ours = users ? `${isDerived('t')} and not ${isOfLeftOut('t', users)} and ` : ''
  return mode === 'bulk'
    ? `${ours}not exists (select from ${table} s where s.sourced_id = t.sourced_id)`
    : `exists (select from ${table} s where s.sourced_id = t.sourced_id and s.status = 'tobedeleted' and not s.rejected)`
}

function isKept(staged: string): string {
  return `not ${staged}.rejected and ${staged}.status = 'active'`
}

function differs(entity: Entity): string {
  const columns = ['status', ...recordColumns(entity)]
  return `(t.source_id is distinct from $2 or (${list('t', columns)}) is distinct from (${list('s', columns)}))`
}

function writtenColumns(entity: Entity): string[] {
  const columns = ['tenant_id', 'sourced_id', 'source_id', 'status', 'date_last_modified', ...recordColumns(entity)]
  return entity.nestedIn ? columns : [...columns, 'document']
}

/** A staged row `s` with what the hub adds to it. */
function writtenRow(entity: Entity): string {
  const added = '$1::integer as tenant_id, s.sourced_id, $2::integer as source_id, s.status'
  return `${added}, $3::timestamptz(3) as date_last_modified, ${list('s', recordColumns(entity))}`
}

/** The values of the written columns out of such a row `x`. */
function writtenValues(entity: Entity): string {
  const document = documentSql(entity, 'x', '$3::timestamptz(3)')
  return writtenColumns(entity)
    .map((column) => (column === 'document' ? document : `x."${column}"`))
    .join(', ')
}

function recordColumns(entity: Entity): string[] {
  return dataColumns(entity).filter((column) => column !== 'sourced_id' && column !== 'status')
}

function list(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}."${column}"`).join(', ')
}
