import { columnOf, isReference, type Field } from '../../../oneroster/fields'
import { severityOf, type IssueCodeName, type IssueParameters } from '../../../oneroster/issueCodes'
import { entities, type EntityName } from '../../../oneroster/model'
import { afterwards, noneAfterwards, type Staged } from './afterwards'
import { ofEnrollments } from './enrollmentRules'
import type { Run, StagedFile } from './job'
import { removedButUsed } from './removalRules'

/**
 * Rules between records, each as one SQL query over a whole file that answers the lines at fault: column `line`, and `left_out` where the
 * record referred to is in the package but was left out. $1 is the tenant, $2 the source. (CSV Binding 1.2 sections 5 and 6.)
 */
export interface ReferenceRule {
  readonly code: IssueCodeName
  readonly file: StagedFile
  readonly column: string
  readonly parameters: IssueParameters
  readonly sql: string
  /** A cheap query: the rule is asked only if this finds anything. */
  readonly onlyIf?: string
}

/** All rules that concern the files of this package. */
export function referenceRules(run: Run, staged: Staged, otherSources: boolean): ReferenceRule[] {
  // Of users.csv of 1.1, which is read as users and as roles, this is told once.
  const isTold = (file: StagedFile) => file.older?.derived && run.job.options.onError === 'REJECT'
  const all = [...staged.values()].flatMap((file) => [
    ...(isTold(file) ? [] : [duplicates(file)]),
    ...(otherSources && !isTold(file) ? [ownedByOthers(file)] : []),
    ...file.entity.fields.flatMap((field) => (field.references ? [missingTarget(run, staged, file, field)] : [])),
    ...typedTargets(staged, file),
    ...ofRoles(run, staged, file),
    ...ofUsers(run, staged, file),
    ...ofEnrollments(run, staged, file, otherSources),
    ...removedButUsed(staged, file, otherSources),
  ])
  return all.filter(({ code, file }) => severityOf(code, file.profile.id) !== 'off')
}

export const rule = (
  code: IssueCodeName,
  file: StagedFile,
  column: string,
  sql: string,
  parameters: IssueParameters = {},
): ReferenceRule => ({ code, file, column, parameters, sql })

/** A bad row of a package that is refused anyway may be anything. */
const isPrimary = `coalesce(r.role_type, 'primary') = 'primary'`

export const taken = `not s.rejected and s.status = 'active'`

function duplicates(file: StagedFile): ReferenceRule {
  const repeated = `select sourced_id from ${file.table} group by sourced_id having count(*) > 1`
  return rule(
    'row.duplicate',
    file,
    'sourcedId',
    `select line, false as left_out from (
       select line, rejected, row_number() over (partition by sourced_id order by line) as place
       from ${file.table} where sourced_id in (${repeated})) s
     where place > 1 and not rejected`,
  )
}

/** What another source removed may be taken over: a student who moves from one board to another keeps the sourcedId. */
function ownedByOthers(file: StagedFile): ReferenceRule {
  return rule(
    'row.otherSource',
    file,
    'sourcedId',
    `select s.line, false as left_out from ${file.table} s join ${file.entity.table} t
       on t.tenant_id = $1 and t.sourced_id = s.sourced_id
     where not s.rejected and t.status = 'active' and t.source_id <> $2`,
  )
}

function missingTarget(run: Run, staged: Staged, file: StagedFile, field: Field): ReferenceRule {
  const target = field.references as EntityName
  const column = `s."${columnOf(field)}"`
  const isList = field.type === 'guidRefs'
  const from = isList ? `${file.table} s cross join lateral unnest(${column}) as list(id)` : `${file.table} s`
  const sql = notFound(run, staged, from, isList ? 'list.id' : column, target)
  return rule('reference.notFound', file, field.csv!, sql, { target: entities[target].file })
}

function notFound(run: Run, staged: Staged, from: string, id: string, target: EntityName): string {
  const inPackage = staged.get(target)
  const leftOut = inPackage
    ? `exists (select from ${inPackage.table} z where z.sourced_id = ${id} and z.rejected)`
    : 'false'
  return `select s.line, bool_or(${leftOut}) as left_out from ${from}
     where ${taken} and ${id} is not null
       and ${noneAfterwards(run, staged, target, `r.sourced_id = ${id}`)}
     group by s.line`
}

/** Schools are orgs of type school (or an extension of it), school years sessions of type schoolYear (section 6). */
function typedTargets(staged: Staged, file: StagedFile): ReferenceRule[] {
  const wanted: Partial<
    Record<EntityName, [field: string, target: EntityName, code: IssueCodeName, fits: string, of?: string]>
  > = {
    org: ['parent', 'org', 'reference.notDistrict', `= 'district'`, `s.type = 'school'`],
    class: ['school', 'org', 'reference.notSchool', `= 'school' or type like 'ext:%'`],
    enrollment: ['school', 'org', 'reference.notSchool', `= 'school' or type like 'ext:%'`],
    course: ['schoolYear', 'academicSession', 'reference.notSchoolYear', `= 'schoolYear'`],
  }
  const entry = wanted[file.entity.name]
  if (!entry) return []
  const [name, target, code, fits, of = 'true'] = entry
  const field = file.entity.fields.find((candidate) => candidate.name === name && isReference(candidate))!
  const inPackage = staged.get(target)
  const stored = `select sourced_id, type from ${entities[target].table} where tenant_id = $1`
  // The package's word on a target's type goes before what is stored.
  const types = inPackage
    ? `select sourced_id, type from ${inPackage.table} where not rejected union all ${stored} and not exists (
         select from ${inPackage.table} p where p.sourced_id = ${entities[target].table}.sourced_id and not p.rejected)`
    : stored
  return [
    rule(
      code,
      file,
      field.csv!,
      `select s.line, false as left_out from ${file.table} s
         join (select sourced_id from (${types}) all_types where not coalesce(type ${fits}, false)) wrong
           on wrong.sourced_id = s."${columnOf(field)}"
       where ${taken} and ${of}`,
    ),
  ]
}

function ofRoles(run: Run, staged: Staged, file: StagedFile): ReferenceRule[] {
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

function ofUsers(run: Run, staged: Staged, file: StagedFile): ReferenceRule[] {
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
  const homeClass = `nullif(s.metadata->>'jp.homeClass', 'NULL')`
  return [
    primaryOrg,
    rule(
      'reference.notFound',
      file,
      'metadata.jp.homeClass',
      notFound(run, staged, `${file.table} s`, homeClass, 'class'),
      { target: 'classes.csv' },
    ),
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
