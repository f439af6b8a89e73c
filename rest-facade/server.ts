import type { Server } from 'node:http'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { readConfig, type Config } from '../platform/config'
import { createDoor } from '../platform/door'
import { downloadToken, sendDownload } from '../platform/download'
import { coded, describe } from '../platform/errors'
import { healthRoutes } from '../platform/health'
import { log } from '../platform/log'
import { requestSeconds } from '../platform/metrics'
import { runMain } from '../platform/shutdown'
import { listen } from '../platform/subgraph'
import { callerOf } from './caller'
import { httpGatewayClient, type GatewayClient } from './gatewayClient'
import { beginAnswer, commonHeaders, requestIdFor } from './head'
import { sendFailure } from './render'
import { rosterService } from './rosterService'
import { tokenEndpoint } from './token'
import { rosterService11 } from './v1p1/service'

/** The door of vendors: OneRoster 1.2 and 1.1 REST as thin translations of gateway operations, the token endpoint, health. */
export function createRestFacade({ config, gateway }: { config: Config; gateway: GatewayClient }): Express {
  const app = door(config)
  app.use(rosterService({ config, gateway }))
  app.use(rosterService11({ config, gateway }))
  app.use(setCommonHeaders)
  app.use(tokenEndpoint({ config, gateway }))
  app.use(downloads(gateway))
  app.use(healthRoutes({ gateway: () => ready(gateway) }))
  app.use((_request, response) => sendFailure(response, coded('UNKNOWN_OBJECT', 'Unknown Object: no such path')))
  app.use(failed)
  return app
}

/** Serves the facade on its port. `close` answers what is under way, and 503 to what still comes over open connections. */
export async function serveRestFacade(
  options: { config: Config; gateway: GatewayClient },
  port = options.config.ports.rest,
): Promise<{ port: number; close(): Promise<void> }> {
  let draining = false
  const app = createRestFacade(options)
  const refusing = door(options.config).use(refuse)
  const server = createDoor(options.config, app, (request, response) => (draining ? refusing : app)(request, response))
  // Longer than the idle time of common load balancers (60 s), else they meet a closed socket now and then.
  server.keepAliveTimeout = 75_000
  server.headersTimeout = 20_000
  server.requestTimeout = 30_000
  // Whoever asks for pages and never reads them would have each of them kept for good.
  server.timeout = 120_000
  const listening = await listen(server, port, options.config.host)
  return {
    port: listening,
    close: async () => {
      draining = true
      await drained(server)
      await options.gateway.close?.()
    },
  }
}

function door(config: Config): Express {
  return express().disable('x-powered-by').disable('etag').set('trust proxy', config.trustProxy).use(enter)
}

const enter: RequestHandler = (request, response, next) => {
  const started = performance.now()
  if (!request.url.startsWith('/')) request.url = request.originalUrl = request.url.replace(absoluteForm, '') || '/'
  beginAnswer(request, response)
  response.on('finish', () => {
    requestSeconds.observe({ door: 'rest', status: String(response.statusCode) }, (performance.now() - started) / 1000)
  })
  next()
}

/** Scheme and host of a request line as some proxies send it, `GET http://host/path`, which servers must take (RFC 9112 section 3.2.2). */
const absoluteForm = /^https?:\/\/[^/?]*/i

/** For what others write. The roster services write their answers with render.ts, which sends these headers with its own. */
const setCommonHeaders: RequestHandler = (_request, response, next) => {
  for (const [name, value] of Object.entries(commonHeaders(response))) response.setHeader(name, value)
  next()
}

const refuse: RequestHandler = (_request, response) => {
  response.setHeader('Connection', 'close')
  sendFailure(response, coded('UNAVAILABLE', 'This process is being stopped; send the request again'))
}

/** Signed links to exports and reports (platform/downloadLink.ts); the common headers keep them out of caches. */
function downloads(gateway: GatewayClient): RequestHandler {
  return async (request, response, next) => {
    const token = downloadToken(request)
    if (token === undefined || !gateway.download) return next()
    const { address, requestId, whenGone } = callerOf(request, response)
    try {
      await sendDownload(response, await gateway.download({ token, address, requestId, whenGone }))
    } catch (error) {
      sendFailure(response, error)
    }
  }
}

/** The last resort: what nobody expected is logged and told as a plain 500. */
const failed: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  log.error('unexpected error', { requestId: requestIdFor(response), error: describe(error) })
  sendFailure(response, error)
}

/** Ready when the gateway answers, even if only that it does not know us. */
async function ready(gateway: GatewayClient): Promise<void> {
  const asked = { query: 'query ready { __typename }', operationName: 'ready', address: '', requestId: 'health' }
  const { errors } = await gateway.execute(asked)
  const codes = errors?.map(({ extensions }) => extensions?.['code']) ?? []
  if (codes.some((code) => code !== 'UNAUTHENTICATED')) throw new Error(`the gateway answers ${codes.join(', ')}`)
}

const drainMilliseconds = 8_000

/** Resolves when every answer under way is sent. Connections are closed as they fall idle; clients would keep them open. */
function drained(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    // A client that never finishes sending its request must not keep the process.
    const limit = setTimeout(() => server.closeAllConnections(), drainMilliseconds)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(limit)
      resolve()
    })
  })
}

if (require.main === module) {
  runMain(async () => {
    const config = readConfig()
    return serveRestFacade({ config, gateway: httpGatewayClient(config) })
  })
}
