/** A page among the records that a list finds. */
export interface PagePosition {
  readonly limit: number
  readonly offset: number
  readonly total: number
  /** Opaque position of the page after this one; null at the end. */
  readonly next: string | null
}

/**
 * The Link header (RFC 8288): first, prev, next, last, absolute, with the caller's other parameters repeated. Commas are percent-encoded,
 * since common clients split the header at every comma. `next` carries a position, so that a page costs the same at any depth; `offset`
 * beside it tells clients that count where they are.
 */
export function linkHeader(
  address: string,
  repeated: readonly (readonly [string, string])[],
  { limit, offset, total, next }: PagePosition,
): string {
  const others = repeated.map(([name, value]) => `&${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('')
  const link = (relation: string, at: number, after = '') =>
    `<${address}?limit=${limit}&offset=${at}${after}${others}>; rel="${relation}"`
  const last = Math.max(0, Math.ceil(total / limit) - 1) * limit
  const links = [link('first', 0)]
  if (offset > 0) links.push(link('prev', Math.max(0, Math.min(offset - limit, last))))
  if (next !== null) links.push(link('next', offset + limit, `&after=${encodeURIComponent(next)}`))
  links.push(link('last', last))
  return links.join(', ')
}
