import { isEmptyWhenAbsent, propertyOf } from '../../oneroster/fields'
import type { Entity } from '../../oneroster/model'

type Row = Readonly<Record<string, unknown>>

/** Resolvers of the texts that an entity always has: the graph promises them as REST does, and rows that came as CSV may lack them. */
export function emptyTexts(entity: Entity): Record<string, (row: Row) => unknown> {
  const fields = entity.fields.filter(isEmptyWhenAbsent)
  return Object.fromEntries(fields.map((field) => [field.name, (row: Row) => row[propertyOf(field)] ?? '']))
}
