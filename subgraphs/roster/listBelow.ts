import type { GraphQLResolveInfo } from 'graphql'
import type { Entity } from '../../oneroster/model'
import type { Subset } from '../../oneroster/pageSql'
import type { RosterContext } from './context'
import { listField, type ListArguments } from './list'
import { preparedName } from './preparedName'
import type { Page } from './readPart'
import { selectionOf, storable } from './record'

/**
 * Resolver of a list below one object that is asked for at the root, by the object's sourcedId; null when the object is not there. With
 * `rendered` page and object are looked for in one statement, and `rendered` throws UNKNOWN_OBJECT instead.
 */
export function listBelowField(
  entity: Entity,
  subsetName: string,
  subset: Subset,
  scopes: readonly string[],
  parentExists: Subset,
) {
  const list = listField(entity, subsetName, subset, scopes)
  const text = `select where ${parentExists('$2')}`
  return async (
    _root: unknown,
    args: ListArguments & { sourcedId: string },
    context: RosterContext,
    info: GraphQLResolveInfo,
  ): Promise<Page | null> => {
    const { sourcedId, ...listArguments } = args
    const parent = storable(sourcedId)
    const page = list({ sourcedId: parent }, listArguments, context)
    if (selectionOf(info).has('rendered')) return { ...page, request: { ...page.request, parentExists } }
    const { tenantId } = context.identity
    const found = await context.database.query(tenantId, text, [tenantId, parent], preparedName(text))
    return found.length ? page : null
  }
}
