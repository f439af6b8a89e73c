import { randomBytes } from 'node:crypto'
import type { PoolClient } from 'pg'
import { documentSql } from '../../../oneroster/documentSql'
import { columnOf } from '../../../oneroster/fields'
import { heldSql } from '../../../oneroster/heldSql'
import { entities, type Entity } from '../../../oneroster/model'
import { recordAudit } from '../../../platform/audit'
import { coded } from '../../../platform/errors'
import { takeStamp } from '../../roster/writeRow'
import type { ImportsContext } from '../context'
import { erasureColumns, type Erasure } from './erasures'

const { user, role, userProfile, enrollment, demographics } = entities

/**
 * Erases one person of the caller's tenant, in one transaction: what is left of the user, its roles, enrollments and demographics are records
 * that are tobedeleted and hold no personal value, so that consumers who ask for changes delete too; other users lose the reference; the
 * trail names a keyed hash. The same hash keeps the person from coming back by an import or a write. Files from before are removed by the
 * worker (removeErased.ts). Done again it changes nothing. Throws UNKNOWN_OBJECT, SERVER_BUSY during a merge.
 */
export async function erasePerson(
  { database, identity }: ImportsContext,
  userSourcedId: string,
  reason: string,
): Promise<Erasure> {
  const { tenantId, clientId } = identity
  const person = [tenantId, userSourcedId]
  return database.transaction(tenantId, async (client) => {
    // Merges and writes take it too: whatever is under way ends first, and sees this hash afterwards.
    const stamp = await takeStamp(client, tenantId)
    const known = await client.query('select from users where tenant_id = $1 and sourced_id = $2', person)
    await client.query('insert into erasure_keys values ($1, $2) on conflict do nothing', [tenantId, randomBytes(32)])
    const inserted = await client.query<Erasure>(
      `insert into erased_people (tenant_id, person_hash, reason, erased_by)
       select tenant_id, person_hash(key, $2), $3, $4 from erasure_keys where tenant_id = $1
       on conflict do nothing returning ${erasureColumns}`,
      [...person, reason, clientId],
    )
    const erasure = inserted.rows[0]
    if (!erasure) return findErasure(client, person)
    if (!known.rowCount) throw coded('UNKNOWN_OBJECT', 'Unknown Object: there is no user with this sourcedId')
    // The trail of a large tenant is long; nobody waits for its lock.
    await client.query(`set local statement_timeout = '10min'`)
    await client.query('select pseudonymise_audit($1)', [userSourcedId])
    await eraseRecords(client, tenantId, userSourcedId, stamp)
    const act = { operation: 'erasePerson', objectKind: 'user', objectIds: [`erased:${erasure.id}`] }
    await recordAudit(client, identity, act)
    return erasure
  })
}

async function findErasure(client: PoolClient, person: unknown[]): Promise<Erasure> {
  const { rows } = await client.query<Erasure>(
    `select ${erasureColumns} from erased_people e where e.tenant_id = $1
       and e.person_hash = (select person_hash(key, $2) from erasure_keys where tenant_id = $1)`,
    person,
  )
  return rows[0]!
}

/** Nested records first: the user's document shows them. */
async function eraseRecords(client: PoolClient, tenantId: number, id: string, stamp: Date): Promise<void> {
  const values = [tenantId, id, stamp]
  // What went before the user is of no use to a consumer; what goes with it tells which lists the user was in.
  await client.query(
    `delete from roles r using users u where r.tenant_id = $1 and r.user_sourced_id = $2
       and u.tenant_id = r.tenant_id and u.sourced_id = r.user_sourced_id and not ${heldSql('r', 'u')}`,
    [tenantId, id],
  )
  await client.query(`delete from ${userProfile.table} where tenant_id = $1 and user_sourced_id = $2`, [tenantId, id])
  await client.query(emptySql(role, 'user_sourced_id', ['user', 'roleType', 'role', 'org']), values)
  const name = `'erased'`
  const required = { username: name, given_name: name, family_name: name, enabled_user: 'false' }
  await client.query(emptySql(user, 'sourced_id', [], required), values)
  await client.query(emptySql(demographics, 'sourced_id', []), values)
  await client.query(emptySql(enrollment, 'user_sourced_id', ['class', 'school', 'user', 'role']), values)
  for (const [entity, column] of [
    [user, 'sourced_id'],
    [demographics, 'sourced_id'],
    [enrollment, 'user_sourced_id'],
  ] as const) {
    const text = `update ${entity.table} t set document = ${documentSql(entity, 't')} where tenant_id = $1 and ${column} = $2`
    await client.query(text, [tenantId, id])
  }
  await forgetAgent(client, tenantId, id, stamp)
}

/** Nothing is left but what the standard requires of a record that is gone, and it belongs to no sender any more. */
function emptySql(entity: Entity, column: string, kept: readonly string[], required: Record<string, string> = {}) {
  const emptied = entity.fields
    .filter(({ name }) => !['sourcedId', 'status', 'dateLastModified', ...kept].includes(name))
    .map((field) => `"${columnOf(field)}" = ${required[columnOf(field)] ?? 'null'}`)
  return `update ${entity.table} set status = 'tobedeleted', date_last_modified = $3, source_id = null, ${emptied.join(', ')}
    where tenant_id = $1 and ${column} = $2`
}

/** A user that is tobedeleted keeps its stamp: by it, it holds the roles that went with it (oneroster/heldSql.ts). */
async function forgetAgent(client: PoolClient, tenantId: number, id: string, stamp: Date): Promise<void> {
  const { rows } = await client.query<{ sourced_id: string }>(
    `update users set agent_sourced_ids = nullif(array_remove(agent_sourced_ids, $2), '{}'),
       date_last_modified = case when status = 'active' then $3 else date_last_modified end
     where tenant_id = $1 and $2 = any (agent_sourced_ids) returning sourced_id`,
    [tenantId, id, stamp],
  )
  const ids = rows.map(({ sourced_id }) => sourced_id)
  if (!ids.length) return
  const text = `update users t set document = ${documentSql(user, 't')} where tenant_id = $1 and sourced_id = any ($2)`
  await client.query(text, [tenantId, ids])
}
