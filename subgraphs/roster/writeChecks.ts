import type { PoolClient } from 'pg'
import { isReference, propertyOf } from '../../oneroster/fields'
import { nestedRecords, type Input } from '../../oneroster/inputFindings'
import { entities, type Entity, type EntityName } from '../../oneroster/model'
import { coded } from '../../platform/errors'

/**
 * Every reference given must point at a stored record, of the type that the standard asks for (CSV Binding 1.2 section 6), in one statement.
 * Throws INVALID_DATA naming the references that do not.
 */
export async function checkReferences(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  input: Input,
): Promise<void> {
  const wanted = [[entity, input] as const, ...nestedRecords(entity, input)].flatMap(([part, values]) =>
    references(part, values),
  )
  if (wanted.length === 0) return
  const values: unknown[] = [tenantId]
  const tests = wanted.map(({ table, id, type, property }) => {
    const typed = type ? ` and (t.type = '${type}' or t.type like 'ext:%')` : ''
    return `case when not exists (select 1 from ${table} t where t.tenant_id = $1 and t.sourced_id = $${values.push(id)}${typed}) then '${property}' end`
  })
  const { rows } = await client.query<{ broken: string[] }>(
    `select array_remove(array[${tests.join(', ')}], null) as broken`,
    values,
  )
  const broken = [...new Set(rows[0]!.broken)]
  if (broken.length) {
    const issues = broken.map((column) => ({ code: 'reference.notFound', column, severity: 'error', parameters: {} }))
    throw coded('INVALID_DATA', `No such object for: ${broken.join(', ')}`, { issues })
  }
}

function references(entity: Entity, input: Input) {
  // A role's profile belongs to the same user and may be created with it.
  const fields = entity.fields.filter(
    (field) => isReference(field) && field.type !== 'profileRef' && field.name !== 'user',
  )
  if (entity.name === 'enrollment') fields.push(...entity.fields.filter((field) => field.name === 'user'))
  const ids = fields.flatMap((field) => {
    const value = input[propertyOf(field)]
    const list = Array.isArray(value) ? value : value ? [value] : []
    const { table } = entities[field.references as EntityName]
    return list.map((id) => ({ table, id: String(id), type: field.referencedType, property: propertyOf(field) }))
  })
  // demographics.sourcedId is the user's (CSV Binding 1.2 section 6).
  if (entity.name === 'demographics' && input['sourcedId']) {
    ids.push({ table: 'users', id: String(input['sourcedId']), type: undefined, property: 'sourcedId' })
  }
  return ids
}
