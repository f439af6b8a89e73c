import { coded } from '../../platform/errors'

export interface PageArguments {
  limit?: number | null
  offset?: number | null
}

const largestPage = 1000

/** Throws INVALID_PAGE for a page that cannot be. */
export function readPage({ limit, offset }: PageArguments): { limit: number; offset: number } {
  const page = { limit: limit ?? 100, offset: offset ?? 0 }
  if (page.limit < 1 || page.limit > largestPage) {
    throw coded('INVALID_PAGE', `limit must be a number from 1 to ${largestPage}`)
  }
  if (page.offset < 0) throw coded('INVALID_PAGE', 'offset must not be negative')
  return page
}
