import type { PoolClient } from 'pg'
import { columnOf, type Field } from '../../../oneroster/fields'
import { literal } from '../../../oneroster/csvSql'
import { entities, type Entity, type EntityName } from '../../../oneroster/model'
import type { ExportJob, ExportOptions } from './exportJob'

/**
 * Which rows an export takes. COPY takes no parameters, so the statements carry tenant and time as literals (a number and a checked time);
 * the schools reach them through temporary tables, made once and gone with the transaction.
 */
export interface Selection {
  /** The condition for a row of the entity's table under `alias`. */
  rows(entity: Entity, alias: string): string
  /** The part of it that looks at the row alone: holds for more rows and is cheaper to ask. */
  candidates(alias: string): string
  /** What optional references may name (csvSql.ts). */
  referable(target: EntityName): string | undefined
}

/** Entities of which a selection by schools keeps a set of its own. */
const sets: Partial<Record<EntityName, string>> = {
  org: 'export_orgs',
  course: 'export_courses',
  class: 'export_classes',
  user: 'export_users',
}

/**
 * Prepares the selection in the transaction of the snapshot, in which the tables hold only what a client with schools may see: what it must not
 * see needs no condition here.
 */
export async function selectRows(
  client: PoolClient,
  { tenantId, options, visibleSchools }: Pick<ExportJob, 'tenantId' | 'options' | 'visibleSchools'>,
): Promise<Selection> {
  if (!Number.isInteger(tenantId)) throw new Error('not a tenant')
  if (options.schools) await fillSets(client, tenantId, options.schools, options.mode === 'bulk')
  // A bulk package is complete in itself (CSV Binding 1.2 section 5); a delta may name what was sent earlier, but no other school's.
  const isClosed = options.mode === 'bulk' || options.schools !== null
  const referable = (target: EntityName) => (isClosed ? idsOf(target, tenantId, options) : undefined)
  const candidates = (alias: string) =>
    [
      `${alias}.tenant_id = ${tenantId}`,
      ...(options.activeOnly ? [`${alias}.status = 'active'`] : []),
      ...(options.since ? [`${alias}.date_last_modified > ${literal(options.since)}::timestamptz`] : []),
    ].join(' and ')
  return {
    referable,
    candidates,
    rows: (entity, alias) =>
      [
        candidates(alias),
        ...(options.schools ? ofSchools(entity, alias) : []),
        ...(visibleSchools ? ofSeenUser(entity, alias, tenantId) : []),
        ...entity.fields.flatMap((field) => required(field, alias, referable)),
      ].join(' and '),
  }
}

/** The ids that a reference may name. Hashed once a statement; an index would be asked for every row. */
function idsOf(target: EntityName, tenantId: number, { schools, mode }: ExportOptions): string {
  if (schools && sets[target]) return `select sourced_id from ${sets[target]}`
  const live = mode === 'bulk' ? ` and status = 'active'` : ''
  return `select sourced_id from ${entities[target].table} where tenant_id = ${tenantId}${live}`
}

function required(field: Field, alias: string, referable: Selection['referable']): string[] {
  if (!field.references || field.csvRequired !== true || field.type === 'guidRefs') return []
  const ids = referable(field.references as EntityName)
  return ids ? [`${alias}."${columnOf(field)}" in (${ids})`] : []
}

/** Roles and accounts are part of their user, and the views tell of them apart; an ended role outlives the sight of who left the school. */
function ofSeenUser({ nestedIn }: Entity, alias: string, tenantId: number): string[] {
  return nestedIn ? [`${alias}.user_sourced_id in (select sourced_id from users where tenant_id = ${tenantId})`] : []
}

function ofSchools(entity: Entity, alias: string): string[] {
  const set = sets[entity.name]
  if (set) return [`${alias}.sourced_id in (select sourced_id from ${set})`]
  // The org of a course that one of the classes has is no org of its people.
  if (entity.name === 'role') return [`${alias}.org_sourced_id in (select sourced_id from export_orgs where own)`]
  return []
}

/**
 * What belongs to the schools: the schools with all orgs above them, their classes, the courses of both, and everyone with a role or an
 * enrollment there. In a delta also what belonged there and is tobedeleted now.
 */
async function fillSets(
  client: PoolClient,
  tenantId: number,
  schools: readonly string[],
  activeOnly: boolean,
): Promise<void> {
  const live = (alias: string) => (activeOnly ? ` and ${alias}.status = 'active'` : '')
  const key = 'sourced_id text collate "C" primary key'
  await client.query(`
    create temporary table export_orgs (${key}, own boolean not null) on commit drop;
    create temporary table export_classes (${key}) on commit drop;
    create temporary table export_courses (${key}) on commit drop;
    create temporary table export_users (${key}) on commit drop`)
  const values = [tenantId, schools]
  await client.query(
    `with recursive above (sourced_id, parent) as (
       select o.sourced_id, o.parent_sourced_id from orgs o where o.tenant_id = $1 and o.sourced_id = any($2::text[])${live('o')}
       union
       select o.sourced_id, o.parent_sourced_id from orgs o join above a on o.sourced_id = a.parent where o.tenant_id = $1${live('o')}
     ) insert into export_orgs select distinct sourced_id, true from above`,
    values,
  )
  await client.query(
    `insert into export_classes select c.sourced_id from classes c
     where c.tenant_id = $1 and c.school_sourced_id = any($2::text[])${live('c')}`,
    values,
  )
  await client.query(
    `insert into export_courses select c.sourced_id from courses c
     where c.tenant_id = $1${live('c')} and (c.org_sourced_id in (select sourced_id from export_orgs) or c.sourced_id in (
       select k.course_sourced_id from classes k join export_classes using (sourced_id) where k.tenant_id = $1))`,
    [tenantId],
  )
  await client.query(
    `insert into export_orgs select distinct o.sourced_id, false from orgs o
     join courses c on c.tenant_id = $1 and c.org_sourced_id = o.sourced_id join export_courses x on x.sourced_id = c.sourced_id
     where o.tenant_id = $1${live('o')} on conflict do nothing`,
    [tenantId],
  )
  await client.query(
    `insert into export_users select u.sourced_id from users u where u.tenant_id = $1${live('u')} and u.sourced_id in (
       select r.user_sourced_id from roles r where r.tenant_id = $1 and r.org_sourced_id = any($2::text[])${live('r')}
       union select e.user_sourced_id from enrollments e where e.tenant_id = $1 and e.school_sourced_id = any($2::text[])${live('e')})`,
    values,
  )
  await client.query('analyze export_orgs; analyze export_classes; analyze export_courses; analyze export_users')
}
