import { districtTypes } from '../../../oneroster/csv11'
import { entities } from '../../../oneroster/model'
import { afterwards, type Staged } from './afterwards'
import { valuesFor } from './checkReferences'
import type { Run, StagedFile } from './job'
import { dataColumns, isDerived } from './staging'

/**
 * What rows of OneRoster 1.1 and 1.0 say by way of other files, once all of them are staged: set-wise, in the staging tables. Packages of
 * 1.2 go through, except that genuine roles of a delta take the place of derived ones.
 */
export async function settleOlder(run: Run, staged: Staged): Promise<void> {
  const { user: users, role: roles, academicSession: sessions } = Object.fromEntries(staged)
  if (roles?.older?.derived && users) {
    await query(run, administratorsSql(run, staged, roles))
    await query(run, primaryOrgsSql(run, staged, users, roles))
  }
  if (sessions?.older?.supplied.includes('schoolYear')) await query(run, schoolYearsSql(run, staged, sessions))
  if (roles?.mode === 'delta') {
    const replaced = roles.older?.derived && users ? replacedOfUsersSql(users, roles) : replacedByGenuineSql(roles)
    roles.counts.read += await query(run, replaced)
  }
}

async function query({ client, job, sourceId }: Run, sql: string): Promise<number> {
  const { rowCount } = await client.query(sql, valuesFor(sql, job.tenantId, sourceId))
  return rowCount ?? 0
}

/** An administrator of a district, a state or the country is not one of the site. */
function administratorsSql(run: Run, staged: Staged, roles: StagedFile): string {
  const types = districtTypes.map((type) => `'${type}'`).join(', ')
  return `update ${roles.table} r set role = 'districtAdministrator'
    from (${afterwards(run, staged, 'org', ['sourced_id', 'type'])}) o
    where r.role = 'siteAdministrator' and o.sourced_id = r.org_sourced_id and o.type in (${types})`
}

/** A user's primary organisation: the first school named, else the first organisation that exists. */
function primaryOrgsSql(run: Run, staged: Staged, users: StagedFile, roles: StagedFile): string {
  return `update ${users.table} u set primary_org_sourced_id = found.org_sourced_id
    from (
      select distinct on (r.user_sourced_id) r.user_sourced_id, r.org_sourced_id
      from ${roles.table} r join (${afterwards(run, staged, 'org', ['sourced_id', 'type'])}) o
        on o.sourced_id = r.org_sourced_id
      order by r.user_sourced_id, (o.type = 'school') desc, r.line
    ) found
    where u.sourced_id = found.user_sourced_id and not u.rejected`
}

/**
 * Sessions of 1.0 have no schoolYear. It is the year in which the enclosing session of type schoolYear ends: the one above it, else the one
 * whose days enclose it. A session that has neither keeps the year in which it ends itself.
 */
function schoolYearsSql(run: Run, staged: Staged, sessions: StagedFile): string {
  const all = afterwards(run, staged, 'academicSession', [
    'sourced_id',
    'type',
    'start_date',
    'end_date',
    'parent_sourced_id',
  ])
  return `with recursive every as materialized (${all}), above as (
      select s.line, e.sourced_id, e.type, e.end_date, e.parent_sourced_id, 1 as steps
      from ${sessions.table} s join every e on e.sourced_id = s.sourced_id where not s.rejected
      union all
      select a.line, e.sourced_id, e.type, e.end_date, e.parent_sourced_id, a.steps + 1
      from above a join every e on e.sourced_id = a.parent_sourced_id where a.type <> 'schoolYear' and a.steps < 10
    ), enclosing as (
      select s.line, min(e.end_date) as end_date
      from ${sessions.table} s join every e on e.type = 'schoolYear' and e.start_date <= s.start_date and e.end_date >= s.end_date
      where not s.rejected group by s.line
    ), found as (
      select line, end_date, 1 as rank from above where type = 'schoolYear'
      union all select line, end_date, 2 from enclosing
    )
    update ${sessions.table} s set school_year = to_char(f.end_date, 'YYYY')
    from (select distinct on (line) line, end_date from found order by line, rank) f where f.line = s.line`
}

/** A delta of 1.1 says all roles of the users it speaks of: derived ones that it does not name any more go. */
function replacedOfUsersSql(users: StagedFile, roles: StagedFile): string {
  return replacedSql(roles, 'u.line', `join ${users.table} u on u.sourced_id = t.user_sourced_id and not u.rejected`)
}

/** A sender that has come to 1.2: a genuine role takes the place of the one derived for the same user and organisation. */
function replacedByGenuineSql(roles: StagedFile): string {
  return replacedSql(
    roles,
    undefined,
    `where exists (select from ${roles.table} g where g.user_sourced_id = t.user_sourced_id
       and g.org_sourced_id = t.org_sourced_id and g.status = 'active' and not g.rejected)`,
  )
}

/** Stages stored roles as tobedeleted. Their lines are negative: no row of the file. */
function replacedSql(roles: StagedFile, origin: string | undefined, which: string): string {
  const own = dataColumns(entities.role)
  const columns = own.map((column) => `"${column}"`).join(', ')
  const values = own.map((column) => (column === 'status' ? `'tobedeleted'` : `t."${column}"`)).join(', ')
  return `insert into ${roles.table} (${origin ? 'origin, ' : ''}line, rejected, ${columns})
    select ${origin ? `${origin}, ` : ''}-row_number() over (), false, ${values}
    from (select * from roles where tenant_id = $1 and source_id = $2 and status = 'active' and ${isDerived('roles')}
      and not exists (select from ${roles.table} s where s.sourced_id = roles.sourced_id)) t
    ${which}`
}
