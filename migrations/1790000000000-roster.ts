import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The roster: tenants, the nine rostering entities with their keys, documents, indexes and row-level security, and the view class_members.
 * All text compares by code point (OneRoster sorts by Unicode order), hence COLLATE "C" throughout.
 */
export class Roster1790000000000 implements MigrationInterface {
  name = 'Roster1790000000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const role of ['rosterhub_app', 'rosterhub_worker']) await runner.query(createGroupRole(role))
    await runner.query(`
      create table tenants (
        tenant_id integer generated always as identity primary key,
        code text collate "C" not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
        name text not null,
        created_at timestamptz(3) not null default now()
      );
      create table sources (
        tenant_id integer not null references tenants on delete cascade,
        source_id integer generated always as identity,
        code text collate "C" not null,
        name text not null,
        primary key (tenant_id, source_id),
        unique (tenant_id, code)
      );
      -- One row a tenant: the stamp of its last change. Writers lock it, so stamps are committed in the order in which they were taken.
      create table roster_state (
        tenant_id integer primary key references tenants on delete cascade,
        stamp timestamptz(3) not null
      );
    `)
    for (const [table, columns] of Object.entries(tables)) await runner.query(createTable(table, columns))
    await runner.query(indexes)
    await runner.query(`
      create view class_members with (security_invoker = true) as
        select tenant_id, class_sourced_id, user_sourced_id, role, school_sourced_id
        from enrollments where status = 'active';
      comment on view class_members is 'Who belongs to which class: the published, read-only link between users and classes';
      create schema staging;
      grant usage, create on schema staging to rosterhub_worker;
      grant select on class_members to rosterhub_app, rosterhub_worker;
      grant select on tenants to rosterhub_app, rosterhub_worker;
    `)
    for (const table of [...Object.keys(tables), 'sources', 'roster_state']) await runner.query(secure(table))
    await runner.query(`
      alter table tenants enable row level security;
      create policy tenant_only on tenants to rosterhub_app using (tenant_id = ${currentTenant});
      create policy every_tenant on tenants to rosterhub_worker using (true);
    `)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema staging cascade; drop view class_members')
    for (const table of Object.keys(tables).reverse()) await runner.query(`drop table ${table}`)
    await runner.query('drop table roster_state; drop table sources; drop table tenants')
    // The group roles stay: other databases of the same server may use them.
  }
}

const currentTenant = `(select nullif(current_setting('rosterhub.tenant', true), '')::integer)`

/** Login users become members of these; the policies name the groups. Neither owns a table nor may bypass row-level security. */
function createGroupRole(role: string): string {
  return `do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
  exception when duplicate_object or unique_violation then null; end $$`
}

function createTable(table: string, columns: string): string {
  return `create table ${table} (
    tenant_id integer not null references tenants on delete cascade,
    sourced_id text collate "C" not null,
    source_id integer,
    status text collate "C" not null default 'active' check (status in ('active', 'tobedeleted')),
    date_last_modified timestamptz(3) not null,
    ${columns.replaceAll(/\btext(\[\])?/g, 'text$1 collate "C"')},
    metadata jsonb,
    primary key (tenant_id, sourced_id)
  )`
}

/** Serving processes see and touch the rows of their tenant only; the worker's merge names its tenant in every statement. */
function secure(table: string): string {
  return `
    alter table ${table} enable row level security;
    create policy tenant_only on ${table} to rosterhub_app using (tenant_id = ${currentTenant}) with check (tenant_id = ${currentTenant});
    create policy every_tenant on ${table} to rosterhub_worker using (true) with check (true);
    grant select, insert, update, delete on ${table} to rosterhub_app, rosterhub_worker;`
}

const document = 'document text not null'
const tables: Record<string, string> = {
  orgs: `name text not null, type text not null, identifier text, parent_sourced_id text, ${document}`,
  academic_sessions: `title text not null, type text not null, start_date date not null, end_date date not null,
    parent_sourced_id text, school_year text not null, ${document}`,
  courses: `school_year_sourced_id text, title text not null, course_code text, grades text[], org_sourced_id text,
    subjects text[], subject_codes text[], ${document}`,
  classes: `title text not null, grades text[], course_sourced_id text not null, class_code text, class_type text, location text,
    school_sourced_id text not null, term_sourced_ids text[] not null, subjects text[], subject_codes text[], periods text[], ${document}`,
  users: `enabled_user boolean not null, username text, user_ids jsonb, given_name text not null, family_name text not null,
    middle_name text, identifier text, email text, sms text, phone text, agent_sourced_ids text[], grades text[], password text,
    user_master_identifier text, preferred_first_name text, preferred_middle_name text, preferred_last_name text,
    primary_org_sourced_id text, pronouns text, ${document}`,
  roles: `user_sourced_id text not null, role_type text not null, role text not null, begin_date date, end_date date,
    org_sourced_id text not null, user_profile_sourced_id text`,
  user_profiles: `user_sourced_id text not null, profile_type text not null, vendor_id text not null, application_id text,
    description text, credential_type text, username text, password text`,
  enrollments: `class_sourced_id text not null, school_sourced_id text not null, user_sourced_id text not null, role text not null,
    "primary" boolean, begin_date date, end_date date, ${document}`,
  demographics: `birth_date date, sex text, american_indian_or_alaska_native boolean, asian boolean, black_or_african_american boolean,
    native_hawaiian_or_other_pacific_islander boolean, white boolean, demographic_race_two_or_more_races boolean,
    hispanic_or_latino_ethnicity boolean, country_of_birth_code text, state_of_birth_abbreviation text, city_of_birth text,
    public_school_residence_status text, ${document}`,
}

/** One index for each question the contract asks: delta by stamp, membership both ways, role, school, course, parent, login name. */
const indexes = `
  ${['orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments', 'demographics']
    .map((table) => `create index ${table}_changed on ${table} (tenant_id, date_last_modified, sourced_id);`)
    .join('\n')}
  create index orgs_parent on orgs (tenant_id, parent_sourced_id);
  create index academic_sessions_parent on academic_sessions (tenant_id, parent_sourced_id);
  create index courses_org on courses (tenant_id, org_sourced_id);
  create index classes_school on classes (tenant_id, school_sourced_id);
  create index classes_course on classes (tenant_id, course_sourced_id);
  create index classes_terms on classes using gin (term_sourced_ids);
  create index users_agents on users using gin (agent_sourced_ids);
  create index users_email on users (tenant_id, email);
  create index users_username on users (tenant_id, username);
  create index users_identifier on users (tenant_id, identifier);
  create index roles_user on roles (tenant_id, user_sourced_id);
  create index roles_role on roles (tenant_id, org_sourced_id, role, user_sourced_id);
  create index user_profiles_user on user_profiles (tenant_id, user_sourced_id);
  create index enrollments_class on enrollments (tenant_id, class_sourced_id, role, user_sourced_id);
  create index enrollments_user on enrollments (tenant_id, user_sourced_id, class_sourced_id);
  create index enrollments_school on enrollments (tenant_id, school_sourced_id, sourced_id);
`
