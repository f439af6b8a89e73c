import type { Request, Response } from 'express'
import { basePath } from '../oneroster/endpoints'
import { normalAddress } from '../platform/addresses'
import type { Config } from '../platform/config'
import { coded } from '../platform/errors'
import { whenGone } from '../platform/whenGone'
import type { GatewayRequest } from './gatewayClient'
import { requestIdFor } from './head'

/** Who asks and how to reach us, as the request tells it. */
export type Caller = Omit<GatewayRequest, 'query' | 'variables' | 'operationName'>

/** The caller of a request, who is gone when the connection closes before the answer was sent. */
export function callerOf(request: Request, response: Response): Caller {
  const { authorization, 'x-api-key': apiKey } = request.headers
  return {
    authorization: authorization || undefined,
    apiKey: typeof apiKey === 'string' && apiKey ? apiKey : undefined,
    address: normalAddress(request.ip ?? '') ?? '',
    requestId: requestIdFor(response),
    whenGone: whenGone(response),
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
