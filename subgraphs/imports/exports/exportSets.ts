import type { PoolClient } from 'pg'
import { profiles } from '../../../oneroster/csv'
import type { EntityName } from '../../../oneroster/model'
import type { ExportOptions } from './exportJob'

/**
 * The sourcedIds that an export holds, in temporary tables that go with the transaction. What a record needs may itself be left out, and then
 * the record is too: followed step by step here, among some thousand rows, since conditions nested over all steps become plans of minutes in
 * the large files.
 */

/** Of these a set is kept, whatever is chosen. */
const always: Partial<Record<EntityName, string>> = {
  org: 'export_orgs',
  academicSession: 'export_sessions',
  course: 'export_courses',
  class: 'export_classes',
}

export type ExportSets = Readonly<Partial<Record<EntityName, string>>>

/**
 * Fills the sets in the transaction of the snapshot and answers the table of each: of everything that an export of active records may name,
 * or of what belongs to chosen schools. That is the schools with all orgs above them, their classes, the courses of both, and everyone with a
 * role or an enrollment there; in a delta also what belonged there and is tobedeleted now.
 */
export async function fillSets(client: PoolClient, tenantId: number, options: ExportOptions): Promise<ExportSets> {
  const { schools, activeOnly } = options
  const step: Step = {
    live: (alias) => `${alias}.tenant_id = $1${activeOnly ? ` and ${alias}.status = 'active'` : ''}`,
    ask: (sql, ...more) => client.query(sql, [tenantId, ...more]),
  }
  const key = 'sourced_id text collate "C" primary key'
  await client.query(`
    create temporary table export_orgs (${key}, own boolean not null) on commit drop;
    create temporary table export_sessions (${key}) on commit drop;
    create temporary table export_courses (${key}) on commit drop;
    create temporary table export_classes (${key}) on commit drop`)
  await fillOrgs(step, schools)
  await step.ask(`insert into export_sessions select s.sourced_id from academic_sessions s where ${step.live('s')}`)
  await client.query('analyze export_orgs; analyze export_sessions')
  await fillClassesAndCourses(step, schools)
  await client.query('analyze export_orgs; analyze export_courses; analyze export_classes')
  if (!schools) return always
  await client.query(`create temporary table export_users (${key}) on commit drop`)
  await fillUsers(step, schools)
  await client.query('analyze export_users')
  if (profiles[options.profile].japanese) {
    await addOrgsOfPrimaryRoles(step)
    await client.query('analyze export_orgs')
  }
  return { ...always, user: 'export_users' }
}

interface Step {
  /** The condition for a row that the export may take. */
  live(alias: string): string
  /** $1 is the tenant. */
  ask(sql: string, ...more: unknown[]): Promise<unknown>
}

async function fillOrgs({ live, ask }: Step, schools: readonly string[] | null): Promise<void> {
  if (!schools) {
    await ask(`insert into export_orgs select o.sourced_id, true from orgs o where ${live('o')}`)
    return
  }
  await ask(
    `with recursive above (sourced_id, parent) as (
       select o.sourced_id, o.parent_sourced_id from orgs o where o.sourced_id = any($2::text[]) and ${live('o')}
       union
       select o.sourced_id, o.parent_sourced_id from orgs o join above a on o.sourced_id = a.parent where ${live('o')}
     ) insert into export_orgs select distinct sourced_id, true from above`,
    schools,
  )
}

/** Classes that have a school and a term in the package; the courses of orgs and classes, with their orgs; classes without their course go. */
async function fillClassesAndCourses({ live, ask }: Step, schools: readonly string[] | null): Promise<void> {
  const chosen = schools ? ' and c.school_sourced_id = any($2::text[])' : ''
  await ask(
    `insert into export_classes select c.sourced_id from classes c
     where ${live('c')}${chosen} and c.school_sourced_id in (select sourced_id from export_orgs)
       and exists (select from unnest(c.term_sourced_ids) as list(id) where list.id in (select sourced_id from export_sessions))`,
    ...(schools ? [schools] : []),
  )
  await ask(
    `insert into export_courses select c.sourced_id from courses c
     where ${live('c')} and c.org_sourced_id in (select o.sourced_id from orgs o where ${live('o')})
       and (c.org_sourced_id in (select sourced_id from export_orgs) or c.sourced_id in (
         select k.course_sourced_id from classes k join export_classes using (sourced_id) where k.tenant_id = $1))`,
  )
  // The org of a course that one of the classes has is no org of its people.
  await ask(
    `insert into export_orgs select distinct c.org_sourced_id, false
     from courses c join export_courses using (sourced_id) where c.tenant_id = $1 on conflict do nothing`,
  )
  await ask(
    `delete from export_classes x using classes c
     where c.tenant_id = $1 and c.sourced_id = x.sourced_id and c.course_sourced_id not in (select sourced_id from export_courses)`,
  )
}

async function fillUsers({ live, ask }: Step, schools: readonly string[]): Promise<void> {
  await ask(
    `insert into export_users select u.sourced_id from users u where ${live('u')} and u.sourced_id in (
       select r.user_sourced_id from roles r where r.org_sourced_id = any($2::text[]) and ${live('r')}
       union select e.user_sourced_id from enrollments e where e.school_sourced_id = any($2::text[]) and ${live('e')})`,
    schools,
  )
}

/** In Japan every user has a primary role (Japan profile section 5.5): whoever works here too brings it along from elsewhere. */
async function addOrgsOfPrimaryRoles({ live, ask }: Step): Promise<void> {
  await ask(
    `insert into export_orgs select o.sourced_id, false from orgs o where ${live('o')} and o.sourced_id in (
       select r.org_sourced_id from roles r join export_users u on u.sourced_id = r.user_sourced_id
       where r.role_type = 'primary' and ${live('r')})
     on conflict do nothing`,
  )
}
