import type { Request, Response } from 'express'
import { rateLimitHeaders, type Permit } from '../platform/permits'
import { requestIdOf } from '../platform/requestId'
import { securityHeaders, strictTransport } from '../platform/securityHeaders'

export type Headers = Readonly<Record<string, string | number>>

/** What is known of an answer before there is one; it stands in response.locals. */
interface Begun {
  readonly requestId: string
  readonly isSecure: boolean
  rateLimit?: Permit
}

/** The first step of every answer: it gives the request its id. */
export function beginAnswer(request: Request, response: Response): void {
  const begun: Begun = { requestId: requestIdOf(request.headers), isSecure: request.secure }
  response.locals['begun'] = begun
}

/** The id under which a request is found in every log, and its answer by the caller. */
export function requestIdFor(response: Response): string {
  return begunOf(response).requestId
}

/** Has the answer tell the caller how it stands with its limit. */
export function tellLimit(response: Response, rateLimit: Permit): void {
  begunOf(response).rateLimit = rateLimit
}

/** What every answer carries: headers that keep personal data out of caches and pages, its id, and how the caller stands with its limit. */
export function commonHeaders(response: Response): Headers {
  const list = commonList(response)
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' }
  for (let at = 0; at < list.length; at += 2) headers[list[at]!] = list[at + 1]!
  return headers
}

/**
 * Sends status and headers, the common ones among them. All in one go and as one list, which is how Node writes them: set one by one they were a
 * tenth of the work of a small answer. Only `Cache-Control` may differ from what is common.
 * @param more names and values in turns
 */
export function writeHead(response: Response, status: number, headers: Headers, more: readonly string[] = []): void {
  const list = commonList(response)
  if (headers['Cache-Control'] === undefined) list.push('Cache-Control', 'no-store')
  for (const name in headers) list.push(name, String(headers[name]))
  list.push(...more)
  response.writeHead(status, list)
}

const everywhere = securityHeaders.filter(([name]) => name !== 'Cache-Control').flat()

/** The common headers but Cache-Control, names and values in turns. */
function commonList(response: Response): string[] {
  const { requestId, isSecure, rateLimit } = begunOf(response)
  const list = [...everywhere, 'X-Request-Id', requestId]
  if (isSecure) list.push(...strictTransport)
  if (!rateLimit) return list
  const told = rateLimitHeaders(rateLimit)
  for (const name in told) list.push(name, told[name]!)
  return list
}

function begunOf(response: Response): Begun {
  return response.locals['begun'] as Begun
}
