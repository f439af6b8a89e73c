import type { PoolClient } from 'pg'
import { documentSql } from '../../oneroster/documentSql'
import { columnOf, propertyOf, type Field } from '../../oneroster/fields'
import type { Input } from '../../oneroster/inputFindings'
import type { Entity } from '../../oneroster/model'
import { columnsSql } from '../../oneroster/pageSql'
import { nextStamp } from './nextStamp'
import { stored } from './stored'

/**
 * The stamp of a single write: who asks for `dateLastModified` above the highest stamp seen never misses a row (nextStamp.ts). Waits at most
 * 5 seconds for an import that is merging (SERVER_BUSY).
 */
export async function takeStamp(client: PoolClient, tenantId: number): Promise<Date> {
  await client.query(`set local lock_timeout = '5s'`)
  return nextStamp(client, tenantId)
}

/** The record by its property names, without its secrets; undefined when there is none. */
export async function readRow(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  sourcedId: string,
): Promise<Input | undefined> {
  const { rows } = await client.query<Input>(
    `select ${columnsSql(entity, 't')} from ${entity.table} t where tenant_id = $1 and sourced_id = $2`,
    [tenantId, sourcedId],
  )
  return rows[0]
}

/** Inserts the record; its document is rendered afterwards, when what is nested in it is there too. */
export async function insertRow(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  input: Input,
  stamp: Date,
): Promise<void> {
  const fields = storedFields(entity)
  const columns = ['tenant_id', 'status', 'date_last_modified', 'document', ...fields.map(quotedColumn)]
  const values = [tenantId, 'active', stamp, '', ...fields.map((field) => stored(field, input[propertyOf(field)]))]
  const places = values.map((_value, index) => `$${index + 1}`)
  await client.query(`insert into ${entity.table} (${columns.join(', ')}) values (${places.join(', ')})`, values)
}

/** Writes the named properties where one of them differs, or revives what was tobedeleted; answers whether the row changed. */
export async function changeRow(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  record: Input,
  properties: readonly string[],
  revive: boolean,
): Promise<boolean> {
  const fields = storedFields(entity).filter((field) => properties.includes(propertyOf(field)))
  const values = fields.map((field) => stored(field, record[propertyOf(field)]))
  const sets = fields.map((field, index) => `${quotedColumn(field)} = $${index + 3}`)
  const differs = fields.map((field, index) => `${quotedColumn(field)} is distinct from $${index + 3}`)
  if (revive) {
    sets.push(`status = 'active'`)
    differs.push(`status <> 'active'`)
  }
  if (sets.length === 0) return false
  const { rowCount } = await client.query(
    `update ${entity.table} set ${sets.join(', ')} where tenant_id = $1 and sourced_id = $2 and (${differs.join(' or ')})`,
    [tenantId, record['sourcedId'], ...values],
  )
  return rowCount === 1
}

export async function stampRow(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  sourcedId: string,
  stamp: Date,
  status?: 'tobedeleted',
): Promise<void> {
  const statusToo = status ? `, status = '${status}'` : ''
  await client.query(
    `update ${entity.table} set date_last_modified = $3${statusToo} where tenant_id = $1 and sourced_id = $2`,
    [tenantId, sourcedId, stamp],
  )
}

export async function renderDocument(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  sourcedId: string,
): Promise<void> {
  await client.query(
    `update ${entity.table} t set document = ${documentSql(entity, 't')} where tenant_id = $1 and sourced_id = $2`,
    [tenantId, sourcedId],
  )
}

/** What a caller may set: everything but what the hub sets itself. */
export function storedFields(entity: Entity): Field[] {
  return entity.fields.filter((field) => field.name !== 'status' && field.name !== 'dateLastModified')
}

/** `primary` is a word of SQL. */
function quotedColumn(field: Field): string {
  return `"${columnOf(field)}"`
}
