import { roleOrder, userRoles } from './differences11'
import type { Parameters } from './filterSql'
import { isDate } from './formats'
import { heldSql } from './heldSql'
import { InvalidValue } from './invalid'

/** What OneRoster 1.1 shows of a user's roles on a day: `role` is one of these, `org` is among the orgs. */
export interface RolesOnDay {
  readonly day: string
  readonly role?: readonly string[]
  readonly org?: string
}

/**
 * The condition that a row of users under `alias` shows one of the roles, or the org, in the 1.1 view. The same rules as shownRole and
 * shownOrgs of rest-facade/v1p1/userMembers.ts, which a test holds equal. Roles count that are valid on the day; all of them when none is.
 */
export function rolesOnDaySql({ day, role, org }: RolesOnDay, alias: string, params: Parameters): string {
  if (!isDate(day)) throw new InvalidValue('filter', 'rolesOnDay.day', 'expected a date YYYY-MM-DD')
  // A value that the statement does not use would be one too many.
  if (!role && org === undefined) return 'true'
  const date = `${params.add(day)}::date`
  const valid = (row: string) =>
    `(${row}.begin_date is null or ${row}.begin_date <= ${date}) and (${row}.end_date is null or ${row}.end_date >= ${date})`
  const ofUser = (row: string) =>
    `${row}.tenant_id = ${alias}.tenant_id and ${row}.user_sourced_id = ${alias}.sourced_id and ${heldSql(row, alias)}`
  const clauses: string[] = []
  if (role) {
    const isMain = `(r.role_type = 'primary' and r.org_sourced_id = ${alias}.primary_org_sourced_id) is true`
    const shown =
      `(select ${shownSql('r.role')} from roles r where ${ofUser('r')}` +
      ` order by (${valid('r')}) desc, ${isMain} desc, array_position(${textArray(roleOrder)}, ${shownSql('r.role')}) limit 1)`
    const wanted = `${params.add(role)}::text[]`
    const holds = (row: string) => `${ofUser(row)} and ${shownSql(`${row}.role`)}`
    // Most users have one role: who holds one of those, and no other, needs no ranking. Who has none shows the last of the order.
    if (!role.includes(roleOrder.at(-1)!))
      clauses.push(`exists (select 1 from roles h where ${holds('h')} = any(${wanted}))`)
    clauses.push(
      `case when not exists (select 1 from roles o where ${holds('o')} <> all(${wanted})) then true else ${shown} = any(${wanted}) end`,
    )
  }
  if (org !== undefined) {
    const wanted = params.add(org)
    clauses.push(
      `(${alias}.primary_org_sourced_id is not distinct from ${wanted} or exists (select 1 from roles r where ${ofUser('r')}` +
        ` and r.org_sourced_id = ${wanted} and ((${valid('r')}) or not exists (select 1 from roles v where ${ofUser('v')} and ${valid('v')}))))`,
    )
  }
  return clauses.length ? `(${clauses.join(' and ')})` : 'true'
}

function shownSql(column: string): string {
  const renamed = Object.entries(userRoles.shows).filter(([role, shown]) => role !== shown)
  const kept = Object.keys(userRoles.shows).filter((role) => userRoles.shows[role] === role)
  const cases = renamed.map(([role, shown]) => `when '${role}' then '${shown}'`)
  return `(case when ${column} = any(${textArray(kept)}) then ${column} else case ${column} ${cases.join(' ')} else '${userRoles.extension}' end end)`
}

/** Words of our own tables, which hold no quotes. */
function textArray(words: readonly string[]): string {
  return `array[${words.map((word) => `'${word}'`).join(',')}]::text[]`
}
