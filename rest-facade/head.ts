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

const everywhere = Object.fromEntries(securityHeaders)

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
export function commonHeaders(response: Response): Record<string, string | number> {
  const { requestId, isSecure, rateLimit } = begunOf(response)
  const headers: Record<string, string | number> = { ...everywhere }
  if (isSecure) headers[strictTransport[0]] = strictTransport[1]
  headers['X-Request-Id'] = requestId
  return rateLimit ? Object.assign(headers, rateLimitHeaders(rateLimit)) : headers
}

/** Sends status and headers, the common ones among them, in one go: set one by one they were a tenth of the work of a small answer. */
export function writeHead(response: Response, status: number, headers: Headers): void {
  response.writeHead(status, Object.assign(commonHeaders(response), headers))
}

function begunOf(response: Response): Begun {
  return response.locals['begun'] as Begun
}
