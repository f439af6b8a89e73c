import type { PoolClient } from 'pg'
import { columnOf, type Field } from '../../../oneroster/fields'
import { japanMetadataReferences } from '../../../oneroster/japanRules'
import { entities, type Entity, type EntityName } from '../../../oneroster/model'
import { metadataKey } from '../../../oneroster/csv'
import { log } from '../../../platform/log'
import { nextStamp } from '../../roster/nextStamp'
import { lockTenant, unlockTenant } from '../claim'
import type { House } from './keepHouse'

/** What refers goes before what is referred to. Roles, profiles and demographics are parts of their user and go with it, or as its own. */
const order: readonly EntityName[] = [
  ...(['enrollment', 'role', 'userProfile', 'demographics', 'user'] as const),
  ...(['class', 'course', 'academicSession', 'org'] as const),
]

/**
 * Records that were tobedeleted for config.removedDays go for good (CSV Binding 1.2 section 5: at a time of the receiver's choosing), unless
 * something refers to them. A tenant that an import is busy with is left for the next hour. Nothing else gets a new dateLastModified; the
 * tenant's stamp moves, since totals are kept by it.
 */
export async function purgeRemoved({ pool, config }: House): Promise<void> {
  if (!config.removedDays) return
  const { rows: tenants } = await pool.query<{ tenant_id: number }>('select tenant_id from tenants order by tenant_id')
  for (const { tenant_id: tenantId } of tenants) {
    const client = await pool.connect()
    let failure: Error | undefined
    try {
      if (!(await lockTenant(client, tenantId))) continue
      const count = await purgeTenant(client, tenantId, config.removedDays)
      await unlockTenant(client, tenantId)
      if (count) log.info('removed records purged', { count })
    } catch (error) {
      failure = error as Error
      throw error
    } finally {
      client.release(failure)
    }
  }
}

async function purgeTenant(client: PoolClient, tenantId: number, days: number): Promise<number> {
  await client.query('begin')
  // Holds up single writes, so that nobody refers to a record while it goes.
  await nextStamp(client, tenantId)
  const values = [tenantId, days]
  let count = 0
  for (const name of order) count += (await client.query(purgeSql(entities[name]), values)).rowCount ?? 0
  if (!count) {
    await client.query('rollback')
    return 0
  }
  await client.query(
    `insert into audit_events (tenant_id, client_id, operation, object_kind, object_count, request_id)
     values ($1, 'housekeeping', 'purgeRemoved', 'record', $2, 'housekeeping')`,
    [tenantId, count],
  )
  await client.query('commit')
  return count
}

/** Deletes the rows of one entity; $1 is the tenant, $2 the days. */
function purgeSql(entity: Entity): string {
  const conditions = [
    `r.tenant_id = $1 and r.status = 'tobedeleted' and r.date_last_modified < now() - make_interval(days => $2)`,
    ...referrers(entity.name).map((used) => `r.sourced_id not in (${used})`),
  ]
  // A user that is tobedeleted is shown with the parts that went with it (heldSql.ts): they stay as long as it does.
  if (isPart(entity)) {
    const owner = entity.name === 'demographics' ? 'sourced_id' : 'user_sourced_id'
    const wholes = Object.values(entities).filter((other) => !isPart(other))
    const usedUsers = referrers('user', wholes).join(' union all ')
    conditions.push(
      `not exists (select from users u where u.tenant_id = $1 and u.sourced_id = r.${owner} and u.status = 'tobedeleted'
         and (u.date_last_modified >= now() - make_interval(days => $2) or u.sourced_id in (${usedUsers})))`,
    )
  }
  return `delete from ${entity.table} r where ${conditions.join(' and ')}`
}

const isPart = ({ name }: Entity) => ['role', 'userProfile', 'demographics'].includes(name)

/** The ids of an entity to which rows of any status refer, a query for each way. */
function referrers(target: EntityName, from: readonly Entity[] = Object.values(entities)): string[] {
  return from.flatMap((entity) => [
    ...entity.fields.filter((field) => field.references === target).map((field) => usedBy(entity, field)),
    ...Object.entries(japanMetadataReferences[entity.name] ?? {})
      .filter(([, referred]) => referred === target)
      .map(([column]) => usedByMetadata(entity, metadataKey(column))),
  ])
}

function usedBy(entity: Entity, field: Field): string {
  const column = `"${columnOf(field)}"`
  const id = field.type === 'guidRefs' ? `unnest(${column})` : column
  return `select id from (select ${id} as id from ${entity.table} where tenant_id = $1) used where id is not null`
}

function usedByMetadata(entity: Entity, key: string): string {
  return `select metadata->>'${key}' from ${entity.table} where tenant_id = $1 and metadata->>'${key}' is not null`
}
