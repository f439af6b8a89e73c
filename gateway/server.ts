import type { IncomingMessage, Server } from 'node:http'
import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer'
import { expressMiddleware } from '@as-integrations/express5'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { GraphQLError, parse } from 'graphql'
import { readConfig, type Config } from '../platform/config'
import { errorsOfApollo } from '../platform/apolloErrors'
import { createDoor } from '../platform/door'
import { codeOf, coded, errorCodes, type ErrorCode } from '../platform/errors'
import { healthRoutes } from '../platform/health'
import { log } from '../platform/log'
import { requestSeconds } from '../platform/metrics'
import { securityHeaders, strictTransport } from '../platform/securityHeaders'
import { requestIdOf } from '../platform/requestId'
import { runMain } from '../platform/shutdown'
import { listen } from '../platform/subgraph'
import { limitHeaders } from './admission'
import { facadeAnswerer } from './answerFacade'
import { asksOnlyForToken } from './authenticate'
import { createGateway, type CallerContext, type Gateway } from './createGateway'
import { readCredentials, vouchedAddress } from './credentials'
import { limits, queryRules } from './limits'
import { presentThrown } from '../platform/runOperation'
import { persistedOperations } from './persistedOperations'
import { receiveUpload } from './receiveUpload'

export { createGateway, type Gateway } from './createGateway'

/** Time for a whole request with a file in it; a query has far less (queryMilliseconds). */
const uploadMilliseconds = 3_600_000
const queryMilliseconds = 15_000
const silenceMilliseconds = 60_000
/** For how long the rest of a refused body is read and thrown away, so that the client gets to read the refusal. */
const lingerMilliseconds = 5_000

/** The GraphQL door: /graphql, /health, /metrics on the graphql port. The gateway is closed by whoever made it. */
export async function serveGateway(
  gateway: Gateway,
  config: Config,
): Promise<{ port: number; close(): Promise<void> }> {
  const app = express().disable('x-powered-by').set('trust proxy', config.trustProxy)
  const answerFacade = facadeAnswerer(gateway, config)
  const server = createDoor(config, app, (request, response) => {
    if (!answerFacade(request, response)) app(request, response)
  })
  limitTimes(server)
  const apollo = createApollo(gateway, config, server)
  await apollo.start()
  routes(app, gateway, config, apollo)
  const port = await listen(server, config.ports.graphql, config.host)
  return { port, close: () => apollo.stop() }
}

function limitTimes(server: Server): void {
  server.headersTimeout = 15_000
  server.requestTimeout = uploadMilliseconds
  // Longer than the 60 seconds that load balancers usually keep an idle connection.
  server.keepAliveTimeout = 65_000
  server.timeout = silenceMilliseconds * 2
}

function createApollo(gateway: Gateway, config: Config, httpServer: Server): ApolloServer<CallerContext> {
  const { plugins, validationRules } = queryRules()
  const { plugin, formatError } = errorsOfApollo<CallerContext>(({ credentials }) => credentials.requestId)
  return new ApolloServer<CallerContext>({
    gateway: {
      load: async () => ({ executor: gateway.executor }),
      onSchemaLoadOrUpdate: (callback) => {
        callback({ apiSchema: gateway.schema, coreSupergraphSdl: '' })
        return () => undefined
      },
      stop: async () => undefined,
    },
    introspection: !config.production,
    hideSchemaDetailsFromClientErrors: config.production,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules,
    formatError,
    plugins: [
      plugin,
      ...plugins,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      // Shorter than a process gets to end (shutdown.ts).
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: 8_000 }),
    ],
    logger: log,
  })
}

function routes(app: Express, gateway: Gateway, config: Config, apollo: ApolloServer<CallerContext>): void {
  app.use(beginRequest, healthRoutes(gateway.checks))
  app.use(
    '/graphql',
    identify(gateway, config),
    readBody(config),
    admit,
    persistedOperations(config),
    expressMiddleware<CallerContext>(apollo, { context: async ({ res }) => res.locals as CallerContext }),
  )
  app.use((_request, _response, next) =>
    next(coded('UNKNOWN_OBJECT', 'There is nothing here; the graph is at /graphql')),
  )
  app.use(answerError)
}

const beginRequest: RequestHandler = (request, response, next) => {
  const requestId = requestIdOf(request.headers)
  response.locals['requestId'] = requestId
  for (const [name, value] of securityHeaders) response.setHeader(name, value)
  if (request.secure) response.setHeader(...strictTransport)
  response.setHeader('x-request-id', requestId)
  const stop = requestSeconds.startTimer({ door: 'graphql' })
  response.on('finish', () => {
    stop({ status: String(response.statusCode) })
    if (!request.complete) abandon(request)
  })
  next()
}

/** The answer is out, the client still sends. */
function abandon(request: IncomingMessage): void {
  request.unpipe()
  request.resume()
  const timer = setTimeout(() => request.socket.destroy(), lingerMilliseconds).unref()
  request.once('end', () => clearTimeout(timer))
}

/** Nothing of a body is read before it is known whose it is. */
function identify(gateway: Gateway, config: Config): RequestHandler {
  return async (request, response, next) => {
    const { headers, ip = '' } = request
    const address = vouchedAddress(headers, config.signingKeys) ?? ip
    const credentials = readCredentials(headers, address, String(response.locals['requestId']), config.signingKeys)
    response.locals['credentials'] = credentials
    const { identity, rateLimit } = await gateway.admit(credentials)
    response.locals['identity'] = identity
    response.set(limitHeaders({ rateLimit }))
    next()
  }
}

/** Multipart is for callers who are known; everyone else gets a small body at most. */
function readBody(config: Config): RequestHandler {
  const upload = receiveUpload({ maxFileBytes: config.maxUploadBytes, maxFieldBytes: limits.queryBytes })
  const query = express.json({ limit: limits.queryBytes })
  const anonymousQuery = express.json({ limit: limits.anonymousBytes })
  return (request, response, next) => {
    const isKnown = response.locals['identity'] !== undefined
    // Apollo Server answers a GET by its query string alone: a body beside it would be looked at here and count for nothing there.
    if (request.method === 'GET') {
      request.body = {}
      return next()
    }
    if (request.is('multipart/form-data')) {
      if (!isKnown) throw unauthenticated()
      return upload(request, response, next)
    }
    const timer = setTimeout(() => request.socket.destroy(), queryMilliseconds).unref()
    return (isKnown ? query : anonymousQuery)(request, response, (error?: unknown) => {
      clearTimeout(timer)
      request.body ??= {}
      next(error)
    })
  }
}

/** Without a credential nothing of the schema is told, not even whether a query is valid. */
const admit: RequestHandler = (request, response, next) => {
  if (response.locals['identity'] || isTokenRequest(request.body)) next()
  else throw unauthenticated()
}

function isTokenRequest(body: unknown): boolean {
  const { query } = (body ?? {}) as { query?: unknown }
  try {
    return typeof query === 'string' && asksOnlyForToken(parse(query, { maxTokens: 200 }))
  } catch {
    return false
  }
}

function unauthenticated(): Error {
  return coded('UNAUTHENTICATED', 'Send an access token (Authorization: Bearer) or an API key (X-API-Key)')
}

/** What fails before GraphQL runs is answered in GraphQL's form, with the status of its code. */
const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const known = codeOf(error) ? error : (bodyError(error) ?? error)
  const presented = presentThrown(known, response.locals['requestId'] as string)
  const code = presented.extensions?.['code'] as ErrorCode
  const status = errorCodes[code] ?? 400
  if (status === 401) response.set('www-authenticate', 'Bearer')
  const retryAfter = presented.extensions?.['retryAfterSeconds']
  if (typeof retryAfter === 'number') response.set('retry-after', String(retryAfter))
  response.set(limitHeaders(presented.extensions))
  if (!response.headersSent) response.status(status).json({ errors: [presented] })
}

/** Errors of express.json, which carry an HTTP status of the client's making. */
function bodyError(error: unknown): Error | undefined {
  const { status, type } = error as { status?: number; type?: string }
  if (status === 413) return coded('UPLOAD_TOO_LARGE', 'The request body is too large')
  if (!type || !status || status >= 500) return undefined
  return new GraphQLError('The request body is not JSON in UTF-8', { extensions: { code: 'BAD_REQUEST' } })
}

async function main() {
  const config = readConfig()
  const gateway = await createGateway({ config, subgraphs: 'http' })
  const server = await serveGateway(gateway, config)
  return {
    close: async () => {
      await server.close()
      await gateway.close()
    },
  }
}

if (require.main === module) runMain(main)
