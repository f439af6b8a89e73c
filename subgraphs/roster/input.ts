import { documentMembers } from '../../oneroster/documentSql'
import { InvalidValue } from '../../oneroster/invalid'
import type { Entity } from '../../oneroster/model'
import { coded, type ErrorCode } from '../../platform/errors'

const codes: Record<InvalidValue['kind'], ErrorCode> = {
  filter: 'INVALID_FILTER_FIELD',
  sort: 'INVALID_SORT_FIELD',
  page: 'INVALID_PAGE',
  data: 'INVALID_DATA',
}

/** Runs a pure binding and gives what it refuses the code that callers know. */
export function asCoded<T>(build: () => T): T {
  try {
    return build()
  } catch (error) {
    if (error instanceof InvalidValue) throw coded(codes[error.kind], error.message, { field: error.field })
    throw error
  }
}

/** The members that `fields` selects; undefined selects all. Throws INVALID_SELECTION_FIELD for a name the entity does not have. */
export function selectedFields(
  entity: Entity,
  fields: readonly string[] | null | undefined,
): ReadonlySet<string> | undefined {
  if (!fields) return undefined
  const members = documentMembers(entity)
  for (const field of fields) {
    if (!members.includes(field)) {
      throw coded(
        'INVALID_SELECTION_FIELD',
        `${field} is not a field of ${entity.type}; it has ${members.join(', ')}`,
        { field },
      )
    }
  }
  return new Set(fields)
}
