import { noneAfterwards, replacesAll, survivors, type Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { rule, taken, type ReferenceRule } from './referenceRules'
import { isPrimary } from './userRules'

/**
 * Stored users who stay while this file removes their last primary role, or makes it a secondary one (Japan profile section 5.5). A warning where
 * the same of a row of users.csv is an error: of two systems that send users and roles apart, roles of those who leave may go some minutes before
 * the users do, and refusing them would stop every night's file. Of a bulk file there is no line to tell: the role is not in it.
 */
export function lostRoles(run: Run, staged: Staged, file: StagedFile, otherSources: boolean): ReferenceRule[] {
  if (file.entity.name !== 'role' || file.older || (file.mode === 'bulk' && file.keyless)) return []
  // Nothing is read of the roster then.
  if (replacesAll(run, staged.get('user'), otherSources)) return []
  const lost = file.mode === 'bulk' ? leftOut(file) : changed(file)
  const stays = survivors(run, staged, 'user', '', 'r.sourced_id = l.user_sourced_id')
  const without = noneAfterwards(run, staged, 'role', `r.user_sourced_id = l.user_sourced_id and ${isPrimary}`)
  // Without users.csv a user of whom a role is sent is told at that row.
  const isTold = staged.has('user')
    ? 'false'
    : `exists (select from ${file.table} s where ${taken} and s.user_sourced_id = l.user_sourced_id)`
  return [
    {
      ...rule(
        'reference.primaryRoleGone',
        file,
        'userSourcedId',
        `select min(l.line) as line, false as left_out from (${lost}) l
         where (${stays.map((part) => `exists (${part})`).join(' or ')}) and ${without} and not ${isTold}
         group by l.user_sourced_id`,
      ),
      onlyIf: lost,
    },
  ]
}

const storedPrimary = `t.tenant_id = $1 and t.status = 'active' and t.role_type = 'primary'`

/** Of a bulk file: the primary roles of this source that it does not hold, or holds as something else. */
function leftOut({ table }: StagedFile): string {
  return `select t.user_sourced_id, null::integer as line from roles t where ${storedPrimary} and t.source_id = $2
    and not exists (select from ${table} y where y.sourced_id = t.sourced_id
      and (y.rejected or (y.role_type = 'primary' and y.user_sourced_id = t.user_sourced_id)))`
}

/** Of a delta file: the stored primary roles that it removes or makes something else. */
function changed({ table }: StagedFile): string {
  return `select t.user_sourced_id, y.line from ${table} y join roles t on t.sourced_id = y.sourced_id
    where ${storedPrimary} and not y.rejected
      and (y.status = 'tobedeleted' or y.role_type <> 'primary' or y.user_sourced_id <> t.user_sourced_id)`
}
