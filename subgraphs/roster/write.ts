import type { PoolClient } from 'pg'
import { heldMetadata } from '../../oneroster/csv'
import { propertyOf } from '../../oneroster/fields'
import type { Input } from '../../oneroster/inputFindings'
import type { Entity } from '../../oneroster/model'
import { recordAudit } from '../../platform/audit'
import { coded } from '../../platform/errors'
import { requireScope } from '../../platform/identity'
import type { RosterContext } from './context'
import { refuseErased } from './erasedPeople'
import { noteMetadata } from './metadataKeys'
import { loadRecord } from './record'
import { needs } from './scopes'
import { checkReferences, checkStillUsed } from './writeChecks'
import { checkRecord } from './writeInput'
import { replaceNested, stampHeld } from './writeNested'
import { changeRow, insertRow, readRow, renderDocument, stampRow, storedFields, takeStamp } from './writeRow'

/** One act on a record, within the tenant's write lock. Answers whether the record is new. */
type Act = (client: PoolClient, tenantId: number, stamp: Date) => Promise<boolean>
type InputArguments = { readonly input: Input }
type KeyArguments = { readonly sourcedId: string }

/**
 * The four mutations of one entity. Input is held to the same rules as a CSV row (oneroster/validate.ts); delete means tobedeleted.
 * Throw FORBIDDEN, INVALID_DATA (with `issues` of the codes that imports report), UNKNOWN_OBJECT, CONFLICT, SERVER_BUSY during a merge.
 */
export function writeFields(entity: Entity) {
  const { type } = entity
  const put = async (mode: 'create' | 'replace', input: Input, context: RosterContext) =>
    write(mode, entity, input['sourcedId'] as string, context, (client, tenantId, stamp) =>
      putRecord(client, tenantId, entity, input, stamp, mode),
    )
  return {
    [`create${type}`]: async (_root: unknown, { input }: InputArguments, context: RosterContext) =>
      (await put('create', input, context)).record,
    [`replace${type}`]: (_root: unknown, { input }: InputArguments, context: RosterContext) =>
      put('replace', input, context),
    [`update${type}`]: async (_root: unknown, args: KeyArguments & InputArguments, context: RosterContext) => {
      const act: Act = (client, tenantId, stamp) => updateRecord(client, tenantId, entity, args, stamp)
      return (await write('update', entity, args.sourcedId, context, act)).record
    },
    [`delete${type}`]: async (_root: unknown, { sourcedId }: KeyArguments, context: RosterContext) => {
      const act: Act = (client, tenantId, stamp) => deleteRecord(client, tenantId, entity, sourcedId, stamp)
      return (await write('delete', entity, sourcedId, context, act)).record
    },
  }
}

/** The steps every write has: permission, the tenant's stamp (which makes writers queue up), the act, the trail; one transaction. */
async function write(kind: string, entity: Entity, sourcedId: string, context: RosterContext, act: Act) {
  const { identity, database } = context
  requireScope(identity, ...needs.write)
  // The answer shows the whole record, so who writes demographics must be allowed to read them.
  if (entity.name === 'demographics') requireScope(identity, ...needs.demographics)
  const created = await database.transaction(identity.tenantId, async (client) => {
    const isNew = await act(client, identity.tenantId, await takeStamp(client, identity.tenantId))
    await recordAudit(client, identity, {
      operation: `${kind}${entity.type}`,
      objectKind: entity.name,
      objectIds: [sourcedId],
      objectCount: 1,
    })
    return isNew
  })
  // What writes before this one in the operation have answered with may be as it was before it.
  context.loaders.clear()
  return { created, record: await loadRecord(entity, sourcedId, context, false) }
}

/** Makes the record exactly what the input says. What was tobedeleted comes back to life, as by an import (CSV Binding 1.2 section 5). */
async function putRecord(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  given: Input,
  stamp: Date,
  mode: 'create' | 'replace',
): Promise<boolean> {
  // A record put as a whole has only the roles and profiles that are given with it.
  const input = asHeld(entity.name === 'user' ? { roles: [], userProfiles: [], ...withoutNull(given) } : given)
  checkRecord(entity, input)
  await refuseErased(client, tenantId, entity, input)
  const before = await readRow(client, tenantId, entity, input['sourcedId'] as string)
  if (before?.['status'] === 'active' && mode === 'create') {
    throw coded('CONFLICT', `There is a ${entity.name} with this sourcedId already`)
  }
  await checkReferences(client, tenantId, entity, input)
  await checkStillUsed(client, tenantId, entity, before, input)
  await noteMetadata(client, tenantId, entity, input)
  if (before) await change(client, tenantId, entity, input, stamp, writtenProperties(entity, input, mode), true)
  else {
    await insertRow(client, tenantId, entity, input, stamp)
    await replaceNested(client, tenantId, entity, input, stamp)
    await renderDocument(client, tenantId, entity, input['sourcedId'] as string)
  }
  return !before
}

async function updateRecord(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  { sourcedId, input: given }: KeyArguments & InputArguments,
  stamp: Date,
): Promise<boolean> {
  const input = asHeld(given)
  const before = await readRow(client, tenantId, entity, sourcedId)
  if (!before) throw unknown(entity)
  const after = { ...before, ...input, sourcedId }
  await refuseErased(client, tenantId, entity, after)
  checkRecord(entity, after)
  await checkReferences(client, tenantId, entity, input)
  await checkStillUsed(client, tenantId, entity, before, after)
  await noteMetadata(client, tenantId, entity, input)
  await change(client, tenantId, entity, after, stamp, Object.keys(input), false)
  return false
}

/** Writes the properties named; a record in which nothing changed keeps its stamp and is not rewritten. */
async function change(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  record: Input,
  stamp: Date,
  properties: readonly string[],
  revive: boolean,
): Promise<void> {
  const changed = await changeRow(client, tenantId, entity, record, properties, revive)
  const nestedChanged = await replaceNested(client, tenantId, entity, record, stamp)
  if (!changed && !nestedChanged) return
  if (!revive) await stampHeld(client, tenantId, entity, record['sourcedId'] as string, stamp)
  await stampRow(client, tenantId, entity, record['sourcedId'] as string, stamp)
  await renderDocument(client, tenantId, entity, record['sourcedId'] as string)
}

async function deleteRecord(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  sourcedId: string,
  stamp: Date,
): Promise<boolean> {
  const before = await readRow(client, tenantId, entity, sourcedId)
  if (!before) throw unknown(entity)
  if (before['status'] === 'tobedeleted') return false
  await stampRow(client, tenantId, entity, sourcedId, stamp, 'tobedeleted')
  await renderDocument(client, tenantId, entity, sourcedId)
  return false
}

function unknown(entity: Entity) {
  return coded('UNKNOWN_OBJECT', `Unknown Object: there is no ${entity.name} with this sourcedId`)
}

/** A replacement says everything, but of secrets only those that it names: nobody is shown them, so nobody can send them back. */
function writtenProperties(entity: Entity, input: Input, mode: 'create' | 'replace'): string[] {
  const fields = storedFields(entity).filter(
    (field) => mode === 'create' || !field.secret || input[propertyOf(field)] !== undefined,
  )
  return fields.map(propertyOf)
}

function withoutNull(input: Input): Input {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null))
}

/** Keys of metadata as imports hold them: the columns of an export are made of them (docs/decisions/metadata.md). */
function asHeld(input: Input): Input {
  const { metadata } = input
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
  return isObject ? { ...input, metadata: heldMetadata(metadata as Record<string, unknown>) } : input
}
