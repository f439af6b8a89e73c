import { coded } from '../../platform/errors'

export interface Page<T> {
  readonly items: T[]
  readonly total: number
}

const largestPage = 1000

/** limit 1 to 1000 (or what else is the most), offset from 0. Throws INVALID_PAGE. */
export function readPage(
  limit?: number | null,
  offset?: number | null,
  most = largestPage,
): { take: number; skip: number } {
  const take = limit ?? 100
  const skip = offset ?? 0
  if (take < 1 || take > most) throw coded('INVALID_PAGE', `limit must be a number from 1 to ${most}`)
  if (skip < 0) throw coded('INVALID_PAGE', 'offset must not be negative')
  return { take, skip }
}
