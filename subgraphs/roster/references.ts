import type { GraphQLResolveInfo } from 'graphql'
import { propertyOf } from '../../oneroster/fields'
import { entities, type Entity, type EntityName } from '../../oneroster/model'
import type { RosterContext } from './context'
import { counted } from './handedOut'
import { keyOnly, loadRecord, type Stub } from './record'

type Row = Record<string, unknown>

/**
 * Resolvers of an entity's reference fields. A reference asked only for its key is a stub and costs nothing; beyond the key, one of this
 * subgraph's own entities is loaded, one of another subgraph is left to the gateway.
 */
export function referenceFields(entity: Entity, owned: readonly EntityName[]) {
  const resolvers: Record<string, unknown> = {}
  for (const field of entity.fields) {
    if (field.json === 'absent') continue
    const target = entities[field.references as EntityName]
    const property = propertyOf(field)
    const follow = (id: string, context: RosterContext, info: GraphQLResolveInfo): unknown =>
      owned.includes(target.name) ? loadReference(target, id, context, info) : { sourcedId: id }
    if (field.type === 'guidRef') {
      resolvers[field.name] = (row: Row, _args: unknown, context: RosterContext, info: GraphQLResolveInfo) =>
        row[property] ? follow(row[property] as string, context, info) : null
    } else if (field.type === 'guidRefs') {
      resolvers[field.name] = (row: Row, _args: unknown, context: RosterContext, info: GraphQLResolveInfo) => {
        const ids = counted((row[property] ?? []) as string[], 'lists', context)
        // Most rows of a large page name nobody; a promise for each of them would cost more than the rest of its fields.
        if (!ids.length) return ids
        return Promise.all(ids.map((id) => follow(id, context, info))).then((found) =>
          found.filter((target) => target !== null),
        )
      }
    }
  }
  return resolvers
}

/** Resolver of `__resolveReference` for an owned entity: the gateway knows the key and wants the rest. */
export function resolveReference(entity: Entity) {
  return (stub: Stub, context: RosterContext, info: GraphQLResolveInfo) =>
    loadReference(entity, stub.sourcedId, context, info)
}

async function loadReference(entity: Entity, id: string, context: RosterContext, info: GraphQLResolveInfo) {
  return keyOnly(info) ? { sourcedId: id } : loadRecord(entity, id, context)
}
