import DataLoader from 'dataloader'
import type { GraphQLResolveInfo } from 'graphql'
import { In } from 'typeorm'
import type { Entity } from '../../oneroster/model'
import { recordSql, type Subset } from '../../oneroster/pageSql'
import { requireScope } from '../../platform/identity'
import { rendersAnew, type RosterContext } from './context'
import { entitySchema, type RosterRow } from './entitySchema'
import { asCoded, selectedFields } from './input'
import { isPersonal, noteRead } from './readEvents'
import { preparedName } from './preparedName'

const schemas = new Map<string, ReturnType<typeof entitySchema>>()

/** The TypeORM entity of each roster entity, made once. */
export function schemaOf(entity: Entity): ReturnType<typeof entitySchema> {
  let schema = schemas.get(entity.name)
  if (!schema) schemas.set(entity.name, (schema = entitySchema(entity)))
  return schema
}

/** What a resolver hands on when only the key of a record is known; its other fields are loaded when asked for. */
export interface Stub {
  readonly sourcedId: string
}

/**
 * Resolver of `x(sourcedId: ID!)`: one record by its key, null when there is none (or none in the subset).
 * With a parent the subset gets the parent's sourcedId as $3.
 */
export function recordField(entity: Entity, subset: Subset | undefined, scopes: readonly string[]) {
  const statements = new Map<string, { text: string; name: string | undefined }>()
  const statementFor = (what: 'document' | 'columns', anew: boolean) => {
    const key = `${what}${anew}`
    let statement = statements.get(key)
    if (!statement) {
      const text = recordSql(entity, what, subset, { anew })
      statements.set(key, (statement = { text, name: preparedName(text) }))
    }
    return statement
  }
  return async (
    parent: Partial<Stub> | undefined,
    args: { sourcedId: string },
    context: RosterContext,
    info: GraphQLResolveInfo,
  ) => {
    requireScope(context.identity, ...scopes)
    const values: unknown[] = [context.identity.tenantId, storable(args.sourcedId)]
    if (parent?.sourcedId !== undefined) values.push(parent.sourcedId)
    const selection = selectionOf(info)
    const rendered = selection.get('rendered')
    // The REST facade asks for the document alone; it needs no second statement.
    const what = rendered && !rendered.hasArguments && selection.size === 1 ? 'document' : 'columns'
    const { text, name } = statementFor(what, rendersAnew(context))
    const { tenantId } = context.identity
    const [row] = await context.database.query<{ document?: string }>(tenantId, text, values, name)
    // The key alone is what the caller had already.
    if (isPersonal(entity) && !keyOnly(info)) await noteRecords(entity, '', row ? [args.sourcedId] : [], context)
    return row ? { ...row, sourcedId: args.sourcedId } : null
  }
}

/** Notes single records in the audit trail; an id that leads nowhere may be anything, so it is counted only (as none). */
function noteRecords(entity: Entity, how: string, objectIds: readonly string[], context: RosterContext) {
  const operation = `read${entity.type}${how}`
  return noteRead(context, { operation, objectKind: entity.name, objectIds, objectCount: objectIds.length })
}

/**
 * Loads a record by its key with all its fields, together with the others asked for in the same tick. The audit trail hears of it, unless it
 * is the answer of a write, which it knows.
 */
export async function loadRecord(
  entity: Entity,
  sourcedId: string,
  context: RosterContext,
  isNoted = isPersonal(entity),
): Promise<RosterRow | null> {
  const key = `record ${entity.name} ${isNoted}`
  let loader = context.loaders.get(key)
  if (!loader) {
    const { tenantId } = context.identity
    loader = new DataLoader<string, unknown>(async (ids) => {
      const rows = await context.database.manager(tenantId, (manager) =>
        manager.getRepository(schemaOf(entity)).findBy({ tenantId, sourcedId: In([...ids]) }),
      )
      if (isNoted) {
        const found = rows.map((row) => row.sourcedId)
        await noteRecords(entity, 'ByReference', found, context)
      }
      const byId = new Map(rows.map((row) => [row.sourcedId, row]))
      return ids.map((id) => byId.get(id) ?? null)
    })
    context.loaders.set(key, loader)
  }
  return (await loader.load(storable(sourcedId))) as RosterRow | null
}

/** Resolver of `rendered` on a record. */
export function renderedField(entity: Entity) {
  return async (
    row: { sourcedId: string; document?: string },
    args: { fields?: readonly string[] | null; agentOf?: boolean | null },
    context: RosterContext,
  ) => {
    const agentOf = args.agentOf ?? false
    const fields = asCoded(() => selectedFields(entity, args.fields))
    if (row.document !== undefined && !fields && !agentOf) return row.document
    const key = `document ${entity.name} ${agentOf} ${args.fields?.join(',') ?? ''}`
    let loader = context.loaders.get(key)
    if (!loader) {
      loader = new DataLoader<string, unknown>(async (ids) => {
        const { tenantId } = context.identity
        const text = recordSql(entity, 'document', undefined, { only: fields, agentOf, anew: rendersAnew(context) })
          .replace('select ', 'select t.sourced_id, ')
          .replace('= $2', '= any($2)')
        const rows = await context.database.query<{ sourced_id: string; document: string }>(tenantId, text, [
          tenantId,
          ids,
        ])
        const byId = new Map(rows.map((found) => [found.sourced_id, found.document]))
        return ids.map((id) => byId.get(id))
      })
      context.loaders.set(key, loader)
    }
    return loader.load(row.sourcedId)
  }
}

/** Whether no more than the key is asked for below the field being resolved. */
export function keyOnly(info: GraphQLResolveInfo): boolean {
  const selection = selectionOf(info)
  return selection.size === 0 || (selection.size === 1 && selection.has('sourcedId'))
}

export type Selection = ReadonlyMap<string, { readonly hasArguments: boolean }>

const selections = new WeakMap<object, Selection>()

/** The fields selected below the one being resolved, by name. A compiled operation brings the same nodes each time it runs. */
export function selectionOf(info: GraphQLResolveInfo): Selection {
  let selection = selections.get(info.fieldNodes)
  if (!selection) selections.set(info.fieldNodes, (selection = readSelection(info)))
  return selection
}

function readSelection(info: GraphQLResolveInfo): Selection {
  const fields = new Map<string, { hasArguments: boolean }>()
  const collect = (selections: readonly { kind: string }[]): void => {
    for (const selection of selections as readonly import('graphql').SelectionNode[]) {
      if (selection.kind === 'Field') {
        if (selection.name.value !== '__typename')
          fields.set(selection.name.value, { hasArguments: !!selection.arguments?.length })
      } else {
        const fragment = selection.kind === 'InlineFragment' ? selection : info.fragments[selection.name.value]
        if (fragment) collect(fragment.selectionSet.selections)
      }
    }
  }
  for (const node of info.fieldNodes) if (node.selectionSet) collect(node.selectionSet.selections)
  return fields
}

/** PostgreSQL text cannot hold NUL: no record has such a key, and the statement must not fail on it. */
export function storable(sourcedId: string): string {
  return sourcedId.replaceAll('\0', '\uFFFD')
}
