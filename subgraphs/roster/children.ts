import DataLoader from 'dataloader'
import type { Entity } from '../../oneroster/model'
import { columnsSql } from '../../oneroster/pageSql'
import type { RosterContext } from './context'
import { counted } from './handedOut'

/** Resolver of `children`: the active records whose `parent` is this one (OpenAPI org.children, academicSession.children). */
export function childrenField(entity: Entity) {
  return (row: { sourcedId: string }, _args: unknown, context: RosterContext) => {
    const key = `children ${entity.name}`
    let loader = context.loaders.get(key)
    if (!loader) {
      loader = new DataLoader<string, unknown>(async (parents) => {
        const { tenantId } = context.identity
        const rows = await context.database.query<{ parentSourcedId: string }>(
          tenantId,
          `select ${columnsSql(entity, 't')} from ${entity.table} t` +
            ` where t.tenant_id = $1 and t.parent_sourced_id = any($2) and t.status = 'active' order by t.sourced_id`,
          [tenantId, parents],
        )
        return parents.map((parent) => rows.filter((child) => child.parentSourcedId === parent))
      })
      context.loaders.set(key, loader)
    }
    return loader.load(row.sourcedId).then((children) => counted(children as object[], 'lists', context))
  }
}
