import { profiles } from '../../../oneroster/csv'
import { entities } from '../../../oneroster/model'
import type { ExportRun } from './exportJob'
import type { Selection } from './selection'

const { user, role } = entities

/**
 * Warns of users who come without a primary role, because its organisation was removed or may not be seen: who reads the package refuses them
 * (Japan profile section 5.5). A delta need not bring roles that its reader has.
 */
export async function warnOfMissingRoles({ client, job, issues }: ExportRun, selection: Selection): Promise<void> {
  const { profile, mode, entities: chosen } = job.options
  if (!profiles[profile].japanese || mode !== 'bulk' || ![user, role].every(({ name }) => chosen.includes(name))) return
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int from ${user.table} u where ${selection.rows(user, 'u')} and not exists (
       select from ${role.table} r where r.user_sourced_id = u.sourced_id and r.role_type = 'primary' and ${selection.rows(role, 'r')})`,
  )
  const { count } = rows[0]!
  if (count > 0) issues.add('export.primaryRoleMissing', user.file, { column: 'sourcedId' }, count)
}
