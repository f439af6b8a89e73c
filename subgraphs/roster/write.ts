import type { PoolClient } from 'pg'
import { columnOf, propertyOf, type Field } from '../../oneroster/fields'
import { documentSql } from '../../oneroster/documentSql'
import { columnsSql } from '../../oneroster/pageSql'
import type { Entity } from '../../oneroster/model'
import { recordAudit } from '../../platform/audit'
import { coded } from '../../platform/errors'
import { requireScope } from '../../platform/identity'
import type { RosterContext } from './context'
import { loadRecord } from './record'
import { needs } from './scopes'
import { stored } from './stored'
import { checkReferences } from './writeChecks'
import { checkRecord, type Input } from './writeInput'
import { replaceNested } from './writeNested'

/**
 * The three mutations of one entity. Input is held to the same rules as a CSV row (oneroster/validate.ts); delete means tobedeleted.
 * Throw FORBIDDEN, INVALID_DATA (with `issues` of the codes that imports report), UNKNOWN_OBJECT, CONFLICT, SERVER_BUSY during a merge.
 */
export function writeFields(entity: Entity) {
  return {
    [`create${entity.type}`]: (_root: unknown, { input }: { input: Input }, context: RosterContext) =>
      write('create', entity, input['sourcedId'] as string, context, (client, stamp) =>
        create(client, entity, input, context, stamp),
      ),
    [`update${entity.type}`]: (_root: unknown, args: { sourcedId: string; input: Input }, context: RosterContext) =>
      write('update', entity, args.sourcedId, context, (client, stamp) => update(client, entity, args, context, stamp)),
    [`delete${entity.type}`]: (_root: unknown, { sourcedId }: { sourcedId: string }, context: RosterContext) =>
      write('delete', entity, sourcedId, context, (client, stamp) => remove(client, entity, sourcedId, context, stamp)),
  }
}

/** The steps every write has: permission, the tenant's stamp (which makes writers queue up), the act, the trail; one transaction. */
async function write(
  kind: 'create' | 'update' | 'delete',
  entity: Entity,
  sourcedId: string,
  context: RosterContext,
  act: (client: PoolClient, stamp: Date) => Promise<void>,
) {
  const { identity, database } = context
  requireScope(identity, ...needs.write)
  await database.transaction(identity.tenantId, async (client) => {
    await act(client, await takeStamp(client, identity.tenantId))
    await recordAudit(client, identity, {
      operation: `${kind}${entity.type}`,
      objectKind: entity.name,
      objectIds: [sourcedId],
      objectCount: 1,
    })
  })
  return loadRecord(entity, sourcedId, context)
}

/**
 * The tenant's next stamp. The row stays locked until commit, so stamps are committed in the order in which they were taken: who asks for
 * `dateLastModified` above the highest stamp seen never misses a row. Waits at most 5 seconds for an import that is merging.
 */
async function takeStamp(client: PoolClient, tenantId: number): Promise<Date> {
  await client.query(`set local lock_timeout = '5s'`)
  const { rows } = await client.query<{ stamp: Date }>(
    `insert into roster_state values ($1, date_trunc('milliseconds', clock_timestamp())) on conflict (tenant_id) do update
       set stamp = greatest(excluded.stamp, roster_state.stamp + interval '1 millisecond') returning stamp`,
    [tenantId],
  )
  return rows[0]!.stamp
}

async function create(client: PoolClient, entity: Entity, input: Input, { identity }: RosterContext, stamp: Date) {
  const { tenantId } = identity
  checkRecord(entity, input)
  const found = await client.query<{ status: string }>(
    `select status from ${entity.table} where tenant_id = $1 and sourced_id = $2`,
    [tenantId, input['sourcedId']],
  )
  if (found.rows[0]?.status === 'active') throw coded('CONFLICT', `A ${entity.name} with this sourcedId exists`)
  await checkReferences(client, tenantId, entity, input)
  // What was tobedeleted comes back to life, as it would by an import (CSV Binding 1.2 section 5).
  await client.query(`delete from ${entity.table} where tenant_id = $1 and sourced_id = $2`, [
    tenantId,
    input['sourcedId'],
  ])
  const fields = storedFields(entity)
  const columns = [
    'tenant_id',
    'status',
    'date_last_modified',
    'document',
    ...fields.map((field) => `"${columnOf(field)}"`),
  ]
  const values = [tenantId, 'active', stamp, '', ...fields.map((field) => stored(field, input[propertyOf(field)]))]
  const places = values.map((_value, index) => `$${index + 1}`)
  await client.query(`insert into ${entity.table} (${columns.join(', ')}) values (${places.join(', ')})`, values)
  await replaceNested(client, tenantId, entity, input, stamp)
  await renderDocument(client, tenantId, entity, input['sourcedId'] as string)
}

async function update(
  client: PoolClient,
  entity: Entity,
  { sourcedId, input }: { sourcedId: string; input: Input },
  { identity }: RosterContext,
  stamp: Date,
) {
  const { tenantId } = identity
  const key = [tenantId, sourcedId]
  const current = await client.query<Input>(
    `select ${columnsSql(entity, 't')} from ${entity.table} t where tenant_id = $1 and sourced_id = $2 for update`,
    key,
  )
  const before = current.rows[0]
  if (!before) throw coded('UNKNOWN_OBJECT', `Unknown Object: no ${entity.name} with this sourcedId`)
  const after = { ...before, ...input, sourcedId }
  checkRecord(entity, after)
  await checkReferences(client, tenantId, entity, input)
  const fields = storedFields(entity).filter((field) => propertyOf(field) in input)
  const sets = fields.map((field, index) => `"${columnOf(field)}" = $${index + 3}`)
  const values = fields.map((field) => stored(field, input[propertyOf(field)]))
  const distinct = fields.map((field, index) => `"${columnOf(field)}" is distinct from $${index + 3}`)
  const changed = fields.length
    ? await client.query(
        `update ${entity.table} set ${sets.join(', ')} where tenant_id = $1 and sourced_id = $2 and (${distinct.join(' or ')})`,
        [...key, ...values],
      )
    : { rowCount: 0 }
  const nestedChanged = await replaceNested(client, tenantId, entity, after, stamp)
  // A record that did not change keeps its stamp.
  if (!changed.rowCount && !nestedChanged) return
  await client.query(`update ${entity.table} set date_last_modified = $3 where tenant_id = $1 and sourced_id = $2`, [
    ...key,
    stamp,
  ])
  await renderDocument(client, tenantId, entity, sourcedId)
}

async function remove(client: PoolClient, entity: Entity, sourcedId: string, { identity }: RosterContext, stamp: Date) {
  const key = [identity.tenantId, sourcedId]
  const found = await client.query(`select 1 from ${entity.table} where tenant_id = $1 and sourced_id = $2`, key)
  if (!found.rowCount) throw coded('UNKNOWN_OBJECT', `Unknown Object: no ${entity.name} with this sourcedId`)
  const marked = await client.query(
    `update ${entity.table} set status = 'tobedeleted', date_last_modified = $3
     where tenant_id = $1 and sourced_id = $2 and status = 'active'`,
    [...key, stamp],
  )
  if (marked.rowCount) await renderDocument(client, identity.tenantId, entity, sourcedId)
}

async function renderDocument(client: PoolClient, tenantId: number, entity: Entity, sourcedId: string): Promise<void> {
  await client.query(
    `update ${entity.table} t set document = ${documentSql(entity, 't')} where tenant_id = $1 and sourced_id = $2`,
    [tenantId, sourcedId],
  )
}

/** What a caller may set: everything but what the hub sets itself. */
function storedFields(entity: Entity): Field[] {
  return entity.fields.filter((field) => field.name !== 'status' && field.name !== 'dateLastModified')
}
