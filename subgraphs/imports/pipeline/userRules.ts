import type { IssueCodeName } from '../../../oneroster/issueCodes'
import { afterwards, noneAfterwards, type Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { notFound, rule, taken, type ReferenceRule } from './referenceRules'

/** What is said of a user for want of a role. */
export const saysNoRole = (code: IssueCodeName): boolean =>
  [
    'reference.primaryRoleMissing',
    'reference.primaryRoleGone',
    'reference.primaryOrg',
    'reference.roleMissing',
  ].includes(code)

/**
 * Whether roles stand in a package that will be refused of which nobody knows whose they are: of a bad row only the key is kept. Nobody can then
 * be said to have none: that would be the consequence told beside its cause, at a row in which nothing is wrong.
 */
export function hasUnreadRoles({ job, issues }: Run, staged: Staged): boolean {
  const roles = staged.get('role')
  if (!roles || job.options.onError !== 'REJECT') return false
  // Not by the rows that are left out: those of erased people are too, and the package goes on.
  return issues.counts.some(
    ({ code, severity, file }) => severity === 'error' && file === roles.name && code.startsWith('row.'),
  )
}

/** A bad row of a package that is refused anyway may be anything. */
export const isPrimary = `coalesce(r.role_type, 'primary') = 'primary'`

/** Rules of roles among themselves, and of the users they are about (CSV Binding 1.2 section 6). */
export function ofRoles(run: Run, staged: Staged, file: StagedFile): ReferenceRule[] {
  if (file.entity.name !== 'role') return []
  const columns = ['sourced_id', 'user_sourced_id', 'org_sourced_id', 'role_type']
  const ofTheirs = `r.user_sourced_id in (select u.user_sourced_id from ${file.table} u)`
  const all = afterwards(run, staged, 'role', columns, ofTheirs)
  const userProfiles = afterwards(run, staged, 'userProfile', ['sourced_id', 'user_sourced_id'])
  // A user who stands twice in users.csv of 1.1 has the same role twice: that is told of the user.
  const unlessTwice = file.older?.derived
    ? ` and sourced_id not in (select sourced_id from ${file.table} group by sourced_id having count(*) > 1)`
    : ''
  const without = (user: string, also: string) =>
    noneAfterwards(run, staged, 'role', `r.user_sourced_id = ${user} and ${also}`)
  return [
    rule(
      'reference.primaryRoleTwice',
      file,
      'roleType',
      // Stored rows sort first: the row of the package is the one too many.
      `select line, false as left_out from (
         select sourced_id, line, row_number() over (partition by user_sourced_id, org_sourced_id order by line nulls first) as place
         from (${all}) every_role where role_type = 'primary') s
       where place > 1 and line is not null${unlessTwice}`,
    ),
    rule(
      'reference.profileOfOther',
      file,
      'userProfileSourcedId',
      `select s.line, false as left_out from ${file.table} s join (${userProfiles}) p on p.sourced_id = s.user_profile_sourced_id
       where ${taken} and p.user_sourced_id <> s.user_sourced_id`,
    ),
    // With users.csv in the package the user's own row is told.
    ...(staged.has('user')
      ? []
      : [
          rule(
            'reference.primaryRoleMissing',
            file,
            'userSourcedId',
            `select min(s.line) as line, false as left_out from ${file.table} s where ${taken} and ${without('s.user_sourced_id', isPrimary)}
             group by s.user_sourced_id`,
          ),
        ]),
  ]
}

/** Rules of users and the roles they will have (CSV Binding 1.2 section 6, Japan profile sections 5.4 and 5.5). */
export function ofUsers(run: Run, staged: Staged, file: StagedFile): ReferenceRule[] {
  if (file.entity.name !== 'user') return []
  const without = (also: string) => noneAfterwards(run, staged, 'role', `r.user_sourced_id = s.sourced_id and ${also}`)
  const primaryOrg = rule(
    'reference.primaryOrg',
    file,
    'primaryOrgSourcedId',
    `select s.line, false as left_out from ${file.table} s
     where ${taken} and s.primary_org_sourced_id is not null and ${without('r.org_sourced_id = s.primary_org_sourced_id')}`,
  )
  // In 1.1 roles are columns of users.csv. What is wrong with them is told there; a user who loses all of them is left out too.
  if (file.older) return run.job.options.onError === 'SKIP' ? [roleMissing(without('true'), file)] : []
  return [
    primaryOrg,
    ...(file.profile.japanese ? [homeClass(run, staged, file)] : []),
    rule(
      'reference.primaryRoleMissing',
      file,
      'sourcedId',
      `select s.line, false as left_out from ${file.table} s where ${taken} and ${without(isPrimary)}`,
    ),
    rule(
      'reference.masterIdentifierTwice',
      file,
      'userMasterIdentifier',
      `select line, false as left_out from (
         select line, row_number() over (partition by lower(user_master_identifier) order by line) as place
         from ${file.table} s where ${taken} and user_master_identifier is not null) s
       where place > 1`,
    ),
    ...studentCell(run, staged, file),
  ]
}

/** The class that a user's extension column names (Japan profile section 5.1). */
function homeClass(run: Run, staged: Staged, file: StagedFile): ReferenceRule {
  const id = `s.metadata->>'jp.homeClass'`
  return rule(
    'reference.notFound',
    file,
    'metadata.jp.homeClass',
    notFound(run, staged, `${file.table} s`, id, 'class'),
    { target: 'classes.csv' },
  )
}

/** What only students need: their homeroom in the second edition, their grade since (Japan profile sections 5.1 and 5.4). */
function studentCell(run: Run, staged: Staged, file: StagedFile): ReferenceRule[] {
  const [column, cell] =
    file.profile.id === 'jp-2nd-edition'
      ? ['metadata.jp.homeClass', `s.metadata->>'jp.homeClass'`]
      : ['grades', 's.grades']
  const roles = afterwards(run, staged, 'role', ['user_sourced_id', 'role'])
  return [
    rule(
      'reference.studentCell',
      file,
      column!,
      `select s.line, false as left_out from ${file.table} s where ${taken} and ${cell} is null and exists (
         select from (${roles}) r where r.user_sourced_id = s.sourced_id and r.role = 'student')`,
    ),
  ]
}

function roleMissing(withoutRole: string, file: StagedFile): ReferenceRule {
  return rule(
    'reference.roleMissing',
    file,
    'orgSourcedIds',
    `select s.line, false as left_out from ${file.table} s
     where ${taken} and ${withoutRole}`,
  )
}
