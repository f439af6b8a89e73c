import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Ids that callers may give their requests; anything else could write what it likes into our logs. */
const harmless = /^[\w.:-]{1,128}$/

/** The id under which a request is found in every log: the caller's own, so that both sides' logs can be put side by side, or a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && harmless.test(given) ? given : randomUUID()
}
