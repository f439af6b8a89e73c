import type { PoolClient } from 'pg'
import { literal } from '../../../oneroster/csvSql'
import type { Entity, EntityName } from '../../../oneroster/model'

/**
 * What came to the chosen schools without a change of its own, in a temporary table that goes with the transaction: a pupil whom a new
 * enrollment brought, the course and the terms of a class that is new there. Changed records name it, so a reader who has the package before
 * would not know whom they mean (CSV Binding 1.2 section 5). Some of it the reader may have already; that changes nothing there.
 */
export async function fillArrivals(client: PoolClient, tenantId: number, since: string): Promise<void> {
  const changed = (alias: string) => changedSince(alias, tenantId, since)
  const add = (entity: EntityName, ids: string) =>
    client.query(
      `insert into export_arrived select distinct '${entity}', id from (${ids}) named (id) where id is not null on conflict do nothing`,
    )
  const has = (entity: EntityName) => `(select sourced_id from export_arrived where entity = '${entity}')`
  const key = 'entity text collate "C", sourced_id text collate "C", primary key (entity, sourced_id)'
  await client.query(`create temporary table export_arrived (${key}) on commit drop`)
  await add(
    'user',
    `select e.user_sourced_id from enrollments e where ${changed('e')}
     union all select r.user_sourced_id from roles r where ${changed('r')}`,
  )
  await add('course', `select k.course_sourced_id from classes k where ${changed('k')}`)
  await add(
    'academicSession',
    `select unnest(k.term_sourced_ids) from classes k where ${changed('k')}
     union all select c.school_year_sourced_id from courses c
       where c.tenant_id = ${tenantId} and (${changed('c')} or c.sourced_id in ${has('course')})`,
  )
  await add(
    'academicSession',
    `with recursive above (id, parent) as (
       select s.sourced_id, s.parent_sourced_id from academic_sessions s where s.tenant_id = ${tenantId} and s.sourced_id in ${has('academicSession')}
       union select s.sourced_id, s.parent_sourced_id from academic_sessions s join above a on s.sourced_id = a.parent where s.tenant_id = ${tenantId}
     ) select id from above`,
  )
  await client.query('analyze export_arrived')
}

/** SQL: whether a row of the entity's table was changed since. */
export function changedSince(alias: string, tenantId: number, since: string): string {
  return `${alias}.tenant_id = ${tenantId} and ${alias}.date_last_modified > ${literal(since)}::timestamptz`
}

/** SQL: whether a row of the entity's table came with fillArrivals; people bring their roles, accounts and demographics. */
export function isArrival({ name, nestedIn }: Entity, alias: string): string {
  const column = nestedIn ? 'user_sourced_id' : 'sourced_id'
  const arrived = nestedIn || name === 'demographics' ? 'user' : name
  return `${alias}.${column} in (select sourced_id from export_arrived where entity = '${arrived}')`
}
