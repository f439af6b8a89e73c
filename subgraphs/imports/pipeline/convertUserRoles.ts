import { definedColumns } from '../../../oneroster/csv'
import { olderRoleKey, olderStatus, userRoles11, type OlderId } from '../../../oneroster/csv11'
import { derivedRoleId } from '../../../oneroster/derivedRoleId'
import { isGuid } from '../../../oneroster/formats'
import { entities } from '../../../oneroster/model'
import { extensionToken } from '../../../oneroster/vocabulary'
import { hasEnough, type ConvertedRow } from './convertRows'
import type { Issues } from './issues'
import type { OlderColumns } from './olderHeaders'
import type { HeadedFile } from './readHeaders'

/**
 * users.csv of OneRoster 1.1 or 1.0 as roles.csv of 1.2: one primary role for each organisation of a user, with an id that is the same in
 * every import. The file is read a second time for it, which costs time and no memory. An administrator is one of the site until the
 * types of the organisations are known (settleOlder.ts). What is wrong with a row besides its role is told where it is read as a user.
 */
export function convertUserRoles(file: HeadedFile, columns: OlderColumns, id: OlderId, issues: Issues): HeadedFile {
  const header = [...definedColumns(entities.role), `metadata.${olderRoleKey}`]
  const at = (column: string) => columns.at.get(column) ?? -1
  const [userAt, statusAt, roleAt, orgsAt] = [at('sourcedId'), at('status'), at('role'), at('orgSourcedIds')]
  const names: Record<string, string> = {
    orgSourcedId: 'orgSourcedIds',
    roleType: 'orgSourcedIds',
    userSourcedId: 'sourcedId',
  }
  const isDelta = file.mode === 'delta'

  /** A row without a key: nobody knows which roles it stood for, so none may be taken for missing. */
  const unknown: readonly ConvertedRow[] = [{ cells: [], good: false }]

  function convert(line: number, cells: readonly string[]): readonly ConvertedRow[] {
    const user = cells[userAt] ?? ''
    const role = cells[roleAt] ?? ''
    const status = olderStatus[cells[statusAt] ?? ''] ?? cells[statusAt]
    if (!hasEnough(cells, columns) || !isGuid(user)) return unknown
    if (!isDelta && id === 'or-1.0' && status === 'tobedeleted') return []
    const orgs = new Set((cells[orgsAt] ?? '').split(',').map((org) => org.trim()))
    if (!isRole(line, role) || !areOrgs(line, orgs)) return unknown
    return [...orgs].map((org) => {
      const values: Record<string, string> = {
        ...{ sourcedId: derivedRoleId(user, org, role), userSourcedId: user, orgSourcedId: org, roleType: 'primary' },
        role: userRoles11[role] ?? role,
        [`metadata.${olderRoleKey}`]: role,
        ...(isDelta && { status: status === 'tobedeleted' ? status : 'active', dateLastModified: wheneverItWas }),
      }
      return { cells: header.map((column) => values[column] ?? ''), good: true }
    })
  }
  function isRole(line: number, role: string): boolean {
    if (role in userRoles11 || extensionToken.test(role)) return true
    const place = { file: file.name, line, column: columns.nameInFile('role') }
    if (role === '') issues.add('row.required', place)
    else issues.add('row.token', place, { expected: Object.keys(userRoles11).join(', ') })
    return false
  }
  function areOrgs(line: number, orgs: ReadonlySet<string>): boolean {
    const place = { file: file.name, line, column: columns.nameInFile('orgSourcedIds') }
    if (orgs.size === 1 && orgs.has('')) issues.add('row.required', place)
    else if (![...orgs].every(isGuid)) issues.add('row.guid', place)
    else return true
    return false
  }

  return {
    ...file,
    entity: entities.role,
    header,
    older: {
      ...{ id, derived: true, supplied: [], convert },
      nameInFile: (column) => columns.nameInFile(names[column] ?? column),
    },
  }
}

/** The users row was asked for its time; a role has none of its own. */
const wheneverItWas = '1970-01-01T00:00:00Z'
