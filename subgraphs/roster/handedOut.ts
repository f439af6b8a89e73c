import { coded } from '../../platform/errors'
import type { RosterContext } from './context'

/**
 * The most records that one operation is handed in pages, as many as it may ask for (gateway/limits.ts), and the most in lists without pages, of
 * which the data say how long they are: nested in one another, the children of fifty schools' parents are a billion in ten levels, and no limit in
 * the query tells.
 */
const most = 100_000

const counts = new WeakMap<RosterContext, { pages: number; lists: number }>()

/** Counts a list that is about to be handed out. Throws INVALID_PAGE when it is too much; the lists after it are empty, since one error is enough. */
export function counted<Row>(list: readonly Row[], kind: 'pages' | 'lists', context: RosterContext): readonly Row[] {
  let count = counts.get(context)
  if (!count) counts.set(context, (count = { pages: 0, lists: 0 }))
  if (count[kind] > most) return []
  count[kind] += list.length
  if (count[kind] <= most) return list
  throw coded('INVALID_PAGE', `The answer would hold more than ${most} records; nest fewer lists in one another`)
}
