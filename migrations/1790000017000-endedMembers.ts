import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Who or what ended together with its membership, in one write or one nightly file, still belongs to the lists below schools, classes and users:
 * a client that asks these for changes would not learn of the end otherwise. Three views say who belongs where, those included; class_members
 * stays what it is, the active enrollments. The twins in `visible` keep to the schools of the connection.
 */
export class EndedMembers1790000017000 implements MigrationInterface {
  name = 'EndedMembers1790000017000'

  async up(runner: QueryRunner): Promise<void> {
    // Most who left a class are still there: that is said without reading the row of the user.
    await runner.query(`
      create index users_ended on users (tenant_id, sourced_id, date_last_modified) where status = 'tobedeleted'`)
    for (const [name, { columns, table, endsWith, ofSchools }] of Object.entries(views)) {
      const query = `select ${columns} from public.${table} m where (m.status = 'active' or ${endsWith})`
      await runner.query(`create view public.${name} with (security_invoker = true) as ${query}`)
      await runner.query(`create view visible.${name} as ${query} and m.tenant_id = ${tenant} and ${ofSchools}`)
      await runner.query(`
        grant select on public.${name} to rosterhub_app, rosterhub_worker;
        grant select on visible.${name} to rosterhub_restricted`)
    }
    await runner.query(`
      comment on view class_users is 'Who is enrolled in which class, or ended together with the enrollment';
      comment on view user_classes is 'In which classes a user is enrolled, or was until the class ended together with the enrollment';
      comment on view org_users is 'Who has which role in which org, or ended together with the role'`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(views)) await runner.query(`drop view visible.${name}, public.${name}`)
    await runner.query('drop index users_ended')
  }
}

/** The views of `visible` are their owner's, who stands outside of row-level security: each names the tenant itself (1790000008000-schools). */
const tenant = `nullif(current_setting('rosterhub.tenant', true), '')::integer`
const ownOrgs = `nullif(current_setting('rosterhub.own_orgs', true), '')::text[]`
/** `is true` keeps the planner from making a join of it: it becomes a look into a hash table. */
const atOwnOrg = (column: string) => `(${column} in (select unnest(${ownOrgs}) collate "C")) is true`
const ofOwnClass = `(m.class_sourced_id in (
  select k.sourced_id from public.classes k where k.tenant_id = ${tenant} and k.school_sourced_id = any(${ownOrgs}))) is true`

/**
 * Whether the user or class that a membership leads to is tobedeleted since the same moment. A scalar subquery is looked up for the memberships
 * that ended, by its key; of a join the planner could make a search of the school for each user.
 */
const endsWith = (table: string, key: string) => `m.date_last_modified = (
  select g.date_last_modified from public.${table} g
  where g.tenant_id = m.tenant_id and g.sourced_id = m.${key} and g.status = 'tobedeleted')`

const enrollments = {
  columns: 'm.tenant_id, m.class_sourced_id, m.user_sourced_id, m.role',
  table: 'enrollments',
  ofSchools: `${atOwnOrg('m.school_sourced_id')} and ${ofOwnClass}`,
}
const views = {
  class_users: { ...enrollments, endsWith: endsWith('users', 'user_sourced_id') },
  user_classes: { ...enrollments, endsWith: endsWith('classes', 'class_sourced_id') },
  org_users: {
    columns: 'm.tenant_id, m.org_sourced_id, m.user_sourced_id, m.role',
    table: 'roles',
    ofSchools: atOwnOrg('m.org_sourced_id'),
    endsWith: endsWith('users', 'user_sourced_id'),
  },
}
