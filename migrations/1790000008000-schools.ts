import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * Clients that may see some schools only. The schema `visible` holds, under the names of the roster tables, what the schools of the connection
 * may show (docs/decisions/schools.md); the role `rosterhub_restricted` can read nothing else. A request of such a client runs the very
 * statements of all others, as that role and with that schema as its search path (platform/database.ts).
 */
export class Schools1790000008000 implements MigrationInterface {
  name = 'Schools1790000008000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- null: every school; an empty list: none.
      alter table api_clients add schools text[] collate "C";
      do $$ begin
        if not exists (select from pg_roles where rolname = 'rosterhub_restricted') then create role rosterhub_restricted nologin; end if;
      exception when duplicate_object or unique_violation then null; end $$;
      grant rosterhub_restricted to rosterhub_app;
    `)
    await runner.query(orgsOfSchools)
    await runner.query('create schema visible; grant usage on schema visible to rosterhub_restricted')
    for (const [name, query] of Object.entries(views)) await runner.query(`create view visible.${name} as ${query}`)
    await runner.query(`grant select on all tables in schema visible to rosterhub_restricted`)
    await runner.query(agentOf)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop schema visible cascade;
      drop function orgs_of_schools(integer, text[]);
      alter table api_clients drop schools;
    `)
    // The group role stays: other databases of the same server may use it.
  }
}

/**
 * own: the schools themselves and what lies below them down to the next school (departments). seen: those and all above them (the district).
 * UNION ends at orgs that are each other's parent.
 */
const orgsOfSchools = `
  create function orgs_of_schools(wanted_tenant integer, schools text[], out own text[], out seen text[])
    language sql stable security definer set search_path = pg_catalog, public as $$
      with recursive below as (
        select unnest(schools) collate "C" as sourced_id
        union
        select o.sourced_id from below b join public.orgs o on o.parent_sourced_id = b.sourced_id
        where o.tenant_id = wanted_tenant and o.type <> 'school'
      ), above as (
        select b.sourced_id from below b
        union
        select o.parent_sourced_id from above a join public.orgs o on o.sourced_id = a.sourced_id
        where o.tenant_id = wanted_tenant and o.parent_sourced_id is not null
      )
      select (select array_agg(b.sourced_id) from below b), (select array_agg(a.sourced_id) from above a)
    $$;
  revoke all on function orgs_of_schools(integer, text[]) from public;
  grant execute on function orgs_of_schools(integer, text[]) to rosterhub_app, rosterhub_restricted`

/** The views are their owner's, who stands outside of row-level security: each names the tenant itself. Unset settings show nothing. */
const tenant = `nullif(current_setting('rosterhub.tenant', true), '')::integer`
const own = `any(nullif(current_setting('rosterhub.own_orgs', true), '')::text[])`
const seen = `any(nullif(current_setting('rosterhub.seen_orgs', true), '')::text[])`

const base = (alias: string) => `${alias}.tenant_id, ${alias}.sourced_id, ${alias}.status, ${alias}.date_last_modified`
const columns = (alias: string, names: string) =>
  names
    .split(/,\s*/)
    .map((name) => `${alias}.${name}`)
    .join(', ')

const ownClasses = `select k.sourced_id from public.classes k where k.tenant_id = ${tenant} and k.school_sourced_id = ${own}`
/**
 * `is true` keeps the planner from making a join of it: it becomes a look into a hash table. As a join it would multiply into estimates of one
 * row, and those into nested loops over whole schools, once a query asks for a school or a class itself.
 */
const lookedUp = (column: string, inside: string) => `(${column} in (${inside})) is true`
const ofOwnClass = lookedUp('e.class_sourced_id', ownClasses)
const ofOwnOrg = (column: string) =>
  lookedUp(column, `select unnest(nullif(current_setting('rosterhub.own_orgs', true), '')::text[]) collate "C"`)
/** By the index on schools. */
const atOwnOrgs = `e.tenant_id = ${tenant} and e.school_sourced_id = ${own} and ${ofOwnClass}`
/** For one user, by the indexes on users. */
const isMember = (id: string) => `exists (select from visible.members m where m.user_sourced_id = ${id})`
/** For lists. */
const amongMembers = (id: string) => lookedUp(id, 'select m.user_sourced_id from visible.members m')

/** What was named as homeroom is told only when it is a class of the schools; both spellings that filters find (docs/decisions/metadata.md). */
const isOwnClass = (id: string) =>
  `exists (select from public.classes k where k.tenant_id = u.tenant_id and k.sourced_id = ${id} and k.school_sourced_id = ${own})`
const withoutHomeClass = `case
  when coalesce(u.metadata->>'jp.homeClass', u.metadata #>> '{jp,homeClass}') is null then u.metadata
  when (u.metadata->>'jp.homeClass' is null or ${isOwnClass(`u.metadata->>'jp.homeClass'`)})
    and (u.metadata #>> '{jp,homeClass}' is null or ${isOwnClass(`u.metadata #>> '{jp,homeClass}'`)}) then u.metadata
  else u.metadata - 'jp.homeClass' #- '{jp,homeClass}' end`

/** In order: a later one may look at an earlier one. None has `document`: it is rendered from these columns. */
const views: Record<string, string> = {
  orgs: `select ${base('o')}, ${columns('o', 'metadata, name, type, identifier, parent_sourced_id')}
    from public.orgs o where o.tenant_id = ${tenant} and o.sourced_id = ${seen}`,

  classes: `select ${base('c')}, ${columns('c', 'metadata, title, grades, course_sourced_id, class_code, class_type, location')},
      ${columns('c', 'school_sourced_id, term_sourced_ids, subjects, subject_codes, periods')}
    from public.classes c where c.tenant_id = ${tenant} and c.school_sourced_id = ${own}`,

  courses: `select ${base('c')}, ${columns('c', 'metadata, school_year_sourced_id, title, course_code, grades')},
      case when c.org_sourced_id = ${seen} then c.org_sourced_id end as org_sourced_id, ${columns('c', 'subjects, subject_codes')}
    from public.courses c where c.tenant_id = ${tenant} and c.sourced_id in (
      select x.sourced_id from public.courses x where x.tenant_id = ${tenant} and x.org_sourced_id = ${own}
      union all select k.course_sourced_id from public.classes k where k.tenant_id = ${tenant} and k.school_sourced_id = ${own})`,

  // What classes and courses name, what lies above it (the year) and below it (grading periods).
  academic_sessions: `select ${base('s')}, ${columns('s', 'metadata, title, type, start_date, end_date, parent_sourced_id')},
      s.school_year
    from public.academic_sessions s where s.tenant_id = ${tenant} and s.sourced_id in (
      with recursive named as (
        select unnest(c.term_sourced_ids) as sourced_id from visible.classes c
        union select c.school_year_sourced_id from visible.courses c where c.school_year_sourced_id is not null
      ), above as (
        select n.sourced_id from named n
        union select p.parent_sourced_id from above a join public.academic_sessions p on p.sourced_id = a.sourced_id
          where p.tenant_id = ${tenant} and p.parent_sourced_id is not null
      ), below as (
        select n.sourced_id from named n
        union select p.sourced_id from below b join public.academic_sessions p on p.parent_sourced_id = b.sourced_id
          where p.tenant_id = ${tenant}
      )
      select a.sourced_id from above a union select b.sourced_id from below b)`,

  roles: `select ${base('r')}, ${columns('r', 'metadata, user_sourced_id, role_type, role, begin_date, end_date, org_sourced_id')},
      r.user_profile_sourced_id
    from public.roles r where r.tenant_id = ${tenant} and ${ofOwnOrg('r.org_sourced_id')}`,

  enrollments: `select ${base('e')}, ${columns('e', 'metadata, class_sourced_id, school_sourced_id, user_sourced_id, role')},
      e."primary", e.begin_date, e.end_date
    from public.enrollments e where ${atOwnOrgs}`,

  class_members: `select e.tenant_id, e.class_sourced_id, e.user_sourced_id, e.role, e.school_sourced_id
    from public.enrollments e
    where e.tenant_id = ${tenant} and e.status = 'active' and ${ofOwnOrg('e.school_sourced_id')} and ${ofOwnClass}`,

  // Who has a role or an enrollment at the schools; who is tobedeleted also by those that went in the same write.
  members: `select r.user_sourced_id from public.roles r
      where r.tenant_id = ${tenant} and r.org_sourced_id = ${own} and r.status = 'active'
    union all select e.user_sourced_id from public.enrollments e where ${atOwnOrgs} and e.status = 'active'
    union all select r.user_sourced_id from public.roles r join public.users g on g.tenant_id = r.tenant_id and g.sourced_id = r.user_sourced_id
      where r.tenant_id = ${tenant} and r.org_sourced_id = ${own} and r.status = 'tobedeleted'
        and g.status = 'tobedeleted' and g.date_last_modified = r.date_last_modified
    union all select e.user_sourced_id from public.enrollments e
      join public.users g on g.tenant_id = e.tenant_id and g.sourced_id = e.user_sourced_id
      where ${atOwnOrgs} and e.status = 'tobedeleted' and g.status = 'tobedeleted' and g.date_last_modified = e.date_last_modified`,

  users: `select ${base('u')}, ${withoutHomeClass} as metadata,
      ${columns('u', 'enabled_user, username, user_ids, given_name, family_name, middle_name, identifier, email, email_lower')},
      ${columns('u', 'sms, phone, grades, user_master_identifier, preferred_first_name, preferred_middle_name')},
      ${columns('u', 'preferred_last_name, pronouns')},
      (select array_agg(a.id order by a.position) from unnest(u.agent_sourced_ids) with ordinality a(id, position)
        where ${isMember('a.id')}) as agent_sourced_ids,
      case when u.primary_org_sourced_id = ${own} then u.primary_org_sourced_id end as primary_org_sourced_id
    from public.users u
    where u.tenant_id = ${tenant} and ${amongMembers('u.sourced_id')}`,

  // An account that only roles elsewhere use is none of the schools' business.
  user_profiles: `select ${base('p')}, ${columns('p', 'metadata, user_sourced_id, profile_type, vendor_id, application_id')},
      ${columns('p', 'description, credential_type, username')}
    from public.user_profiles p where p.tenant_id = ${tenant} and ${isMember('p.user_sourced_id')}
      and (not exists (select from public.roles r where r.tenant_id = p.tenant_id and r.user_sourced_id = p.user_sourced_id
            and r.user_profile_sourced_id = p.sourced_id)
        or exists (select from public.roles r where r.tenant_id = p.tenant_id and r.user_sourced_id = p.user_sourced_id
            and r.user_profile_sourced_id = p.sourced_id and r.org_sourced_id = ${own}))`,

  demographics: `select ${base('d')}, ${columns('d', 'metadata, birth_date, sex, american_indian_or_alaska_native, asian')},
      ${columns('d', 'black_or_african_american, native_hawaiian_or_other_pacific_islander, white')},
      ${columns('d', 'demographic_race_two_or_more_races, hispanic_or_latino_ethnicity, country_of_birth_code')},
      ${columns('d', 'state_of_birth_abbreviation, city_of_birth, public_school_residence_status')}
    from public.demographics d
    where d.tenant_id = ${tenant} and ${amongMembers('d.sourced_id')}`,

  // When something changed elsewhere is not told either. Totals are counted each time, since none may be kept without a stamp.
  roster_state: `select s.tenant_id, s.stamp from public.roster_state s where false`,
}

/** The twin of public.user_agent_of. */
const agentOf = `
  create function visible.user_agent_of(wanted text) returns text[]
    language plpgsql stable security definer set search_path = pg_catalog, public set plan_cache_mode = force_generic_plan as $$
    begin
      return (
        select array_agg(a.sourced_id order by a.sourced_id) from public.users a
        where a.agent_sourced_ids @> array[wanted collate "C"] and a.status = 'active' and a.tenant_id = ${tenant}
          and ${isMember('a.sourced_id')}
      );
    end $$;
  revoke all on function visible.user_agent_of(text) from public;
  grant execute on function visible.user_agent_of(text) to rosterhub_restricted`
