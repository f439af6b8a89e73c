import type { PoolClient } from 'pg'
import { isReference, propertyOf } from '../../oneroster/fields'
import { nestedRecords, type Input } from '../../oneroster/inputFindings'
import { issueCodes, type IssueCodeName } from '../../oneroster/issueCodes'
import { entities, type Entity, type EntityName } from '../../oneroster/model'
import { refersSql, typedReferences, type TypedReference } from '../../oneroster/typedReferences'
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
  // A user may have thousands of roles and agents: a test for each kind of reference, not for each reference.
  const kinds = new Map<string, Reference[]>()
  for (const [part, values] of [[entity, input] as const, ...nestedRecords(entity, input)]) {
    for (const reference of references(part, values)) {
      const kind = `${reference.table} ${reference.property} ${reference.typed?.notFitting}`
      const same = kinds.get(kind)
      if (same) same.push(reference)
      else kinds.set(kind, [reference])
    }
  }
  if (kinds.size === 0) return
  const values: unknown[] = [tenantId]
  const tests = [...kinds.values()].map((kind) => {
    const { table, property, typed } = kind[0]!
    const ids = `unnest($${values.push([...new Set(kind.map(({ id }) => id))])}::text[]) w (id)`
    const found = `select from ${table} t where t.tenant_id = $1 and t.sourced_id = w.id`
    const without = (condition: string) => `exists (select from ${ids} where not exists (${found}${condition}))`
    const notFitting = typed
      ? ` when ${without(` and ${typed.fits('t.type')}`)} then '${typed.notFitting} ${property}'`
      : ''
    return `case when ${without('')} then 'reference.notFound ${property}'${notFitting} end`
  })
  await refuseTold(client, tests, values, 'No such object, or not of the type that is asked for')
}

/**
 * A record to which stored ones refer for its type (a school, a school year) must not become something else, as in an import. Throws
 * INVALID_DATA then; one statement where the type changes, none where it does not.
 */
export async function checkStillUsed(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  before: Input | undefined,
  after: Input,
): Promise<void> {
  if (!before || before['type'] === after['type']) return
  const tests = typedReferences
    .filter(({ target }) => target === entity.name)
    .map((reference) => {
      const { from, fits, stillUsed } = reference
      const users = `select 1 from ${entities[from].table} r where r.tenant_id = $1 and r.status = 'active' and ${refersSql(reference, 'r', '$2')}`
      return `case when ${fits('$3::text')} and not ${fits('$4::text')} and exists (${users}) then '${stillUsed} type ${entities[from].file}' end`
    })
  const values = [tenantId, before['sourcedId'], before['type'], after['type']]
  if (tests.length) await refuseTold(client, tests, values, 'Stored records refer to it for the type that it has')
}

/** Each test answers null or `code column target`. */
async function refuseTold(client: PoolClient, tests: string[], values: unknown[], message: string): Promise<void> {
  const { rows } = await client.query<{ told: string[] }>(
    `select array_remove(array[${tests.join(', ')}], null) as told`,
    values,
  )
  const told = [...new Set(rows[0]!.told)].map((text) => text.split(' ') as [IssueCodeName, string, string?])
  if (told.length === 0) return
  const issues = told.map(([code, column, target]) => ({
    ...{ code, column, severity: issueCodes[code].severity },
    parameters: target ? { target } : {},
  }))
  throw coded('INVALID_DATA', `${message}: ${told.map(([, column]) => column).join(', ')}`, { issues })
}

interface Reference {
  readonly table: string
  readonly id: string
  readonly property: string
  readonly typed: TypedReference | undefined
}

function references(entity: Entity, input: Input): Reference[] {
  // A role's profile belongs to the same user and may be created with it.
  const fields = entity.fields.filter(
    (field) => isReference(field) && field.type !== 'profileRef' && field.name !== 'user',
  )
  if (entity.name === 'enrollment') fields.push(...entity.fields.filter((field) => field.name === 'user'))
  const ids = fields.flatMap((field) => {
    const value = input[propertyOf(field)]
    const list = Array.isArray(value) ? value : value ? [value] : []
    const { table } = entities[field.references as EntityName]
    const typed = typedReferences.find((reference) => reference.field === field)
    return list.map((id) => ({ table, id: String(id), property: propertyOf(field), typed }))
  })
  // demographics.sourcedId is the user's (CSV Binding 1.2 section 6).
  if (entity.name === 'demographics' && input['sourcedId']) {
    ids.push({ table: 'users', id: String(input['sourcedId']), property: 'sourcedId', typed: undefined })
  }
  return ids
}
