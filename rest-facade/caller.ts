import type { Request, Response } from 'express'
import { basePath } from '../oneroster/endpoints'
import { normalAddress } from '../platform/addresses'
import type { Config } from '../platform/config'
import { coded } from '../platform/errors'
import { rateLimitHeaders, type Permit } from '../platform/permits'
import type { GatewayRequest } from './gatewayClient'

/** Who asks and how to reach us, as the request tells it. */
export type Caller = Pick<
  GatewayRequest,
  'authorization' | 'apiKey' | 'oauth1' | 'address' | 'requestId' | 'signal'
> & {
  /** Tells the caller how it stands with its limit. */
  readonly tellLimit: (rateLimit: Permit) => void
}

/** The caller of a request; its signal aborts when the connection closes before the answer was sent. */
export function callerOf(request: Request, response: Response): Caller {
  const { authorization, 'x-api-key': apiKey } = request.headers
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return {
    ...(authorization ? { authorization } : {}),
    ...(typeof apiKey === 'string' && apiKey ? { apiKey } : {}),
    address: normalAddress(request.ip ?? '') ?? '',
    requestId: response.getHeader('X-Request-Id') as string,
    signal: gone.signal,
    tellLimit: (rateLimit) => {
      for (const [name, value] of Object.entries(rateLimitHeaders(rateLimit))) response.setHeader(name, value)
    },
  }
}

/** Throws UNAUTHENTICATED for a request that shows no credential at all. Whether one is good is the gateway's to say. */
export function requireCredential(caller: Caller): void {
  if (caller.authorization || caller.apiKey || caller.oauth1) return
  throw coded('UNAUTHENTICATED', 'Send an access token (Authorization: Bearer ...) or an API key (X-API-Key: ...)')
}

const hostPattern = /^(?:[\w-]+(?:\.[\w-]+)*\.?|\[[\da-f:.]+\])(?::\d{1,5})?$/i

/** Scheme and host under which this hub is reached: PUBLIC_URL, else what the request was sent to. */
export function publicAddress(request: Request, config: Config): string {
  if (config.publicUrl) return config.publicUrl
  const host = request.host
  // The name goes into JSON and headers unescaped, so it must be one.
  return hostPattern.test(host ?? '') ? `${request.protocol}://${host}` : `http://${config.host}:${config.ports.rest}`
}

/** Base URL of every href and link: always under the standard's base path, whichever was asked. */
export function serviceAddress(request: Request, config: Config, base = basePath): string {
  return publicAddress(request, config) + base
}
