import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ApolloServer } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
} from '@apollo/server/plugin/disabled'
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { expressMiddleware } from '@as-integrations/express5'
import express, { type Express, type RequestHandler } from 'express'
import { parse, type GraphQLSchema } from 'graphql'
import type { Config, SubgraphName } from './config'
import { gatewayAnswerer } from './answerGateway'
import { errorsOfApollo } from './apolloErrors'
import { operationText, requestDigest } from './boundRequest'
import { downloadPath, downloadToken, sendDownload, sendDownloadFailure, type Download } from './download'
import { coded } from './errors'
import { healthRoutes } from './health'
import { readDownload, type DownloadClaims } from './downloadLink'
import { identityHeader, requireRequest, verifyIdentity, type Identity, type Statement } from './identity'
import { projectRoot } from './projectRoot'
import type { OperationContext, SubgraphOperation } from './runOperation'
import { setSecurityThresholds } from './securityEvents'
import type { Signing } from './signingKeys'

/** A part of the graph, ready to run in this process or behind a port of its own. */
export interface Subgraph {
  readonly name: SubgraphName
  readonly schema: GraphQLSchema
  /** The context of one request of this caller: identity, database, loaders. */
  contextFor(identity: Identity): OperationContext
  /** The file behind a download link that the gateway has read (downloadLink.ts). */
  download?(identity: Identity, claims: DownloadClaims): Promise<Download>
  /** Whether it can do its work; throws when not. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** Resolvers of one subgraph: types by name, fields by name. Each resolver types its own parent, arguments and context. */
export type Resolvers = Readonly<Record<string, object>>

/** Builds the schema of subgraphs/<name> from its SDL files: schema.graphql and, where it has roster types, oneroster.graphql. */
export function subgraphSchema(name: SubgraphName, resolvers: Resolvers): GraphQLSchema {
  const module = { typeDefs: parse(subgraphSdl(name)), resolvers } as unknown as Parameters<
    typeof buildSubgraphSchema
  >[0]
  return buildSubgraphSchema(module)
}

/** The SDL of subgraphs/<name>, as composition sees it too. */
export function subgraphSdl(name: SubgraphName): string {
  const files = ['schema.graphql', 'oneroster.graphql'].map((file) => join(projectRoot, 'subgraphs', name, file))
  return files.map(readIfThere).join('\n')
}

/**
 * Serves one subgraph over HTTP on its port. It answers nobody but a gateway: every request needs a signed identity statement.
 * `before` may add handlers that must see the request first (uploads).
 */
export async function serveSubgraph(
  subgraph: Subgraph,
  config: Config,
  before: readonly RequestHandler[] = [],
): Promise<{ port: number; close(): Promise<void> }> {
  setSecurityThresholds(config.security)
  const app: Express = express().disable('x-powered-by')
  const answerGateway = gatewayAnswerer(subgraph, config.signingKeys)
  const server = createServer((request, response) => {
    if (!answerGateway(request, response) && !answerDownload(subgraph, config.signingKeys, request, response)) {
      app(request, response)
    }
  })
  // Longer than the gateway keeps idle connections, else it meets a closed socket now and then.
  server.keepAliveTimeout = 65_000
  const { plugin, formatError } = errorsOfApollo<OperationContext>(({ identity }) => identity.requestId)
  const apollo = new ApolloServer<OperationContext>({
    schema: subgraph.schema,
    introspection: !config.production,
    stopOnTerminationSignals: false, // shutdown.ts does; two that stop it at once wait for each other
    includeStacktraceInErrorResponses: false,
    formatError,
    plugins: [
      plugin,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginDrainHttpServer({ httpServer: server, stopGracePeriodMillis: 8_000 }),
    ],
  })
  await apollo.start()
  app.use(healthRoutes({ [subgraph.name]: () => subgraph.ready() }))
  const authenticated: RequestHandler = (request, response, next) => {
    try {
      response.locals['statement'] = verifyIdentity(request.get(identityHeader), config.signingKeys)
      next()
    } catch (error) {
      response.status(401).json({ errors: [error] })
    }
  }
  // The gateway's own JSON went past here (answerGateway.ts): what remains are uploads, whose body is the operation as it was parsed.
  const forThisRequest: RequestHandler = (request, response, next) => {
    const statement = response.locals['statement'] as Statement
    try {
      const operation = request.is('multipart/form-data') && (request.body as SubgraphOperation | undefined)
      requireRequest(statement, requestDigest(subgraph.name, operation ? operationText(operation) : ''))
      response.locals['identity'] = statement.identity
      next()
    } catch (error) {
      response.status(401).json({ errors: [error] })
    }
  }
  app.use(
    '/graphql',
    authenticated,
    ...before,
    forThisRequest,
    expressMiddleware(apollo, {
      context: async ({ res }) => subgraph.contextFor((res as express.Response).locals['identity'] as Identity),
    }),
  )
  const port = await listen(server, config.ports[subgraph.name], config.host)
  return {
    port,
    close: async () => {
      await apollo.stop()
      await subgraph.close()
    },
  }
}

/** Downloads pass as uploads do: asked for by a gateway, with a statement of who is asking; the link itself is read once more. */
function answerDownload(
  subgraph: Subgraph,
  signing: Signing,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const token = subgraph.download && downloadToken(request)
  if (token === undefined) return false
  let requestId: string | undefined
  const answer = async () => {
    const statement = verifyIdentity(request.headers[identityHeader] as string | undefined, signing)
    requireRequest(statement, requestDigest(subgraph.name, downloadPath + token))
    const { identity } = statement
    requestId = identity.requestId
    const claims = readDownload(token, signing)
    if (!claims || claims.tenantId !== identity.tenantId) throw coded('FORBIDDEN', 'The link is not valid or is over')
    return subgraph.download!(identity, claims)
  }
  answer().then(
    (download) => sendDownload(response, download),
    (error: unknown) => sendDownloadFailure(response, error, requestId),
  )
  return true
}

/** Listens; a taken port is told with its number and the way out. Answers the port (0 chooses a free one). */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `Port ${port} is taken. Stop what uses it, or set PORT_BASE to move all ports.`
      const unusable = `HOST ${host} and port ${port} cannot be listened on: ${error.message}`
      reject(new Error(error.code === 'EADDRINUSE' ? taken : unusable))
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
