import type { Filter } from './filterSql'
import { InvalidValue } from './invalid'

/** PostgreSQL compares conditions with one another while it plans: ten thousand of them cost seconds. A long list goes into one `in`. */
const mostConditions = 1_000

/** Throws InvalidValue('filter') for a filter with too many conditions, or with null anywhere in it. */
export function checkFilter(filter: Filter): void {
  boundFilter(filter)
  refuseNull('filter', filter)
}

function boundFilter(filter: Filter): void {
  const waiting: unknown[] = [filter]
  for (let seen = 0; waiting.length; seen++) {
    if (seen > mostConditions) throw new InvalidValue('filter', 'filter', `at most ${mostConditions} conditions`)
    const { AND, OR, NOT } = waiting.pop() as Filter & { AND?: unknown; OR?: unknown; NOT?: unknown }
    for (const inner of [AND, OR, NOT]) if (inner) waiting.push(...(Array.isArray(inner) ? inner : [inner]))
  }
}

/** null is not "no condition", at whatever depth: a caller whose variable stayed empty must not get everything. */
function refuseNull(name: string, value: unknown): void {
  if (value === null) throw new InvalidValue('filter', name, 'expected a value or a predicate, got null')
  if (Array.isArray(value)) for (const item of value) refuseNull(name, item)
  else if (typeof value === 'object') for (const inner in value) refuseNull(inner, value[inner as keyof typeof value])
}
