import type { Client } from 'pg'
import { documentSql } from '../../oneroster/documentSql'
import { columnOf, propertyOf } from '../../oneroster/fields'
import { entities, type EntityName } from '../../oneroster/model'
import { connected } from './database'

/** Rows by entity; properties as the model names them, references as in CSV (schoolSourcedId). */
export type RosterRows = Partial<Record<EntityName, readonly Record<string, unknown>[]>>

/** Writes rows as an import would leave them: with their documents, under one stamp later than every row's own. */
export function insertRoster(ownerUrl: string, tenantId: number, rows: RosterRows): Promise<void> {
  return connected(ownerUrl, async (client) => {
    await client.query('begin')
    await client.query(
      `insert into roster_state values ($1, date_trunc('milliseconds', clock_timestamp())) on conflict (tenant_id)
       do update set stamp = greatest(excluded.stamp, roster_state.stamp + interval '1 millisecond'), metadata_keys = null`,
      [tenantId],
    )
    for (const name of Object.keys(rows) as EntityName[]) await insertRows(client, tenantId, name, rows[name]!)
    for (const name of Object.keys(rows) as EntityName[]) await renderDocuments(client, tenantId, name)
    await client.query('commit')
    await client.query('analyze')
  })
}

async function insertRows(
  client: Client,
  tenantId: number,
  name: EntityName,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  const { table, fields, nestedIn } = entities[name]
  const columns = ['tenant_id', ...fields.map(columnOf), ...(nestedIn ? [] : ['document'])]
  const quoted = columns.map((column) => `"${column}"`).join(', ')
  for (const row of rows) {
    const values = fields.map((field) => {
      const value = row[propertyOf(field)]
      return field.type === 'metadata' || field.type === 'userIdList' ? value && JSON.stringify(value) : value
    })
    const all = [tenantId, ...values, ...(nestedIn ? [] : [''])]
    const places = all.map((_value, at) => `$${at + 1}`).join(', ')
    await client.query(`insert into ${table} (${quoted}) values (${places})`, all)
  }
}

async function renderDocuments(client: Client, tenantId: number, name: EntityName): Promise<void> {
  const entity = entities[name]
  if (entity.nestedIn) return
  await client.query(`update ${entity.table} t set document = ${documentSql(entity, 't')} where tenant_id = $1`, [
    tenantId,
  ])
}
