import { coded } from '../../platform/errors'
import type { RosterContext } from './context'

/**
 * The most records that one operation is handed in lists: in pages as many as it may ask for at most (gateway/limits.ts), besides them as many as the
 * data say. Nested in one another, the children of fifty schools' parents are a billion in ten levels, and no limit in the query tells.
 */
const most = { pages: 100_000, lists: 50_000 } as const

const counts = new WeakMap<RosterContext, Record<keyof typeof most, number>>()

/** Counts a list that is about to be handed out. Throws INVALID_PAGE when it is too much; the lists after it are empty, since one error is enough. */
export function counted<Row>(list: readonly Row[], kind: keyof typeof most, context: RosterContext): readonly Row[] {
  let count = counts.get(context)
  if (!count) counts.set(context, (count = { pages: 0, lists: 0 }))
  if (count[kind] > most[kind]) return []
  count[kind] += list.length
  if (count[kind] <= most[kind]) return list
  throw coded('INVALID_PAGE', `The answer would hold more than ${most[kind]} records; nest fewer lists in one another`)
}
