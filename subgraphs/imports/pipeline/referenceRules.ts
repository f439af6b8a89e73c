import { columnOf, type Field } from '../../../oneroster/fields'
import { severityOf, type IssueCodeName, type IssueParameters } from '../../../oneroster/issueCodes'
import { entities, type EntityName } from '../../../oneroster/model'
import { noneAfterwards, type Staged } from './afterwards'
import { ofEnrollments } from './enrollmentRules'
import type { Run, StagedFile } from './job'
import { removedButUsed } from './removalRules'
import { lostRoles } from './lostRoles'
import { changedButUsed, typedTargets } from './typeRules'
import { hasUnreadRoles, ofRoles, ofUsers, saysNoRole } from './userRules'

/**
 * Rules between records, each as one SQL query over a whole file that answers the lines at fault, some perhaps more than once: column `line`, and
 * `left_out` where the record referred to is in the package but was left out. $1 is the tenant, $2 the source. (CSV Binding 1.2 sections 5 and 6.)
 */
export interface ReferenceRule {
  readonly code: IssueCodeName
  readonly file: StagedFile
  readonly column: string
  readonly parameters: IssueParameters
  readonly sql: string
  /** A cheap query: the rule is asked only if this finds anything. */
  readonly onlyIf?: string
  /** The row is told already. */
  readonly silent?: boolean
}

/** All rules that concern the files of this package. */
export function referenceRules(run: Run, staged: Staged, otherSources: boolean): ReferenceRule[] {
  const all = [...staged.values()].flatMap((file) => [
    // Of users.csv of 1.1, which is read as users and as roles, all this is told of the user.
    ...(file.older?.derived ? ofUsersLeftOut(run, staged, file) : [duplicates(file)]),
    ...(otherSources && !file.older?.derived ? [ownedByOthers(file)] : []),
    ...file.entity.fields.flatMap((field) => (field.references ? [missingTarget(run, staged, file, field)] : [])),
    ...typedTargets(staged, file),
    ...changedButUsed(run, staged, file),
    ...ofRoles(run, staged, file),
    ...lostRoles(run, staged, file, otherSources),
    ...ofUsers(run, staged, file),
    ...ofEnrollments(run, staged, file, otherSources),
    ...removedButUsed(run, staged, file, otherSources),
  ])
  const isMoot = hasUnreadRoles(run, staged) ? saysNoRole : () => false
  return all.filter(({ code, file }) => severityOf(code, file.profile.id) !== 'off' && !isMoot(code))
}

export const rule = (
  code: IssueCodeName,
  file: StagedFile,
  column: string,
  sql: string,
  parameters: IssueParameters = {},
): ReferenceRule => ({ code, file, column, parameters, sql })

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

/** Under SKIP: a row of users.csv of 1.1 that is left out is so whole; what it says of roles, and which stored ones it replaces, is not done. */
function ofUsersLeftOut(run: Run, staged: Staged, roles: StagedFile): ReferenceRule[] {
  const users = staged.get('user')
  if (!users || run.job.options.onError === 'REJECT') return []
  const sql = `select s.line, true as left_out from ${roles.table} s
    where not s.rejected and s.origin in (select u.line from ${users.table} u where u.rejected)`
  return [{ ...rule('reference.leftOut', roles, 'userSourcedId', sql), silent: true }]
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

/** Rows of `from` whose `id` no record of `target` will have. */
export function notFound(run: Run, staged: Staged, from: string, id: string, target: EntityName): string {
  const inPackage = staged.get(target)
  const leftOut = inPackage
    ? `exists (select from ${inPackage.table} z where z.sourced_id = ${id} and z.rejected)`
    : 'false'
  return `select s.line, bool_and(${leftOut}) as left_out from ${from}
     where ${taken} and ${id} is not null
       and ${noneAfterwards(run, staged, target, `r.sourced_id = ${id}`)}
     group by s.line`
}
