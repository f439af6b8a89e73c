import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApolloGateway } from '@apollo/gateway'
import type { GatewayExecutor, GatewayGraphQLRequestContext } from '@apollo/server-gateway-interface'
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import { onClientChange } from '../platform/clientChanges'
import { subgraphNames, type Config } from '../platform/config'
import { codeOf, coded, errorCodes, type ErrorCode } from '../platform/errors'
import type { Download } from '../platform/download'
import { readDownload } from '../platform/downloadLink'
import { missingScope, type Identity } from '../platform/identity'
import { log } from '../platform/log'
import { openPermits, type Permit } from '../platform/permits'
import { projectRoot } from '../platform/projectRoot'
import { openRedis } from '../platform/redis'
import { setSecurityThresholds } from '../platform/securityEvents'
import type { Subgraph } from '../platform/subgraph'
import { admission, type Admitted } from './admission'
import type { WhenGone } from '../platform/whenGone'
import { anonymous, authenticate, type Credentials } from './authenticate'
import { knownCallers } from './callers'
import { knownTokens } from './knownTokens'
import { checkVariables, InvalidQuery, learnPlan, readOperations, type Operation } from './operations'
import { remoteSubgraph } from './remoteSubgraph'
import { sendPart, type RunContext } from './sendPart'
import { localSubgraph, type SubgraphLink } from './subgraphRequest'
import { presentThrown } from '../platform/runOperation'
import { asGraphQLError, withStatus } from './apolloAnswers'

export interface GatewayRequest extends Credentials {
  readonly query: string
  readonly operationName?: string | undefined
  readonly variables?: Record<string, unknown> | undefined
  readonly needs?: readonly string[] | undefined
  readonly whenGone?: WhenGone | undefined
}

/** A link is its own credential (platform/downloadLink.ts). */
export interface DownloadRequest {
  readonly token: string
  readonly address: string
  readonly requestId: string
  readonly whenGone?: WhenGone | undefined
}

export interface GatewayAnswer {
  data?: Record<string, unknown> | null
  errors?: GraphQLFormattedError[]
  /** How the client stands with its limit, for the headers of the door. */
  extensions?: { readonly rateLimit: Permit }
}

export interface Gateway {
  /** Authenticates and runs one operation of our own facade. Never throws: what goes wrong stands in `errors`, with a code. */
  execute(request: GatewayRequest): Promise<GatewayAnswer>
  /** Opens the file behind a download link. Throws a coded error, FORBIDDEN for a link that is none of ours or is over. */
  download(request: DownloadRequest): Promise<Download>
  /** Who is calling, and whether it may now (admission.ts); for the HTTP door, which must know before it reads a body. */
  admit(credentials: Credentials): Promise<Admitted>
  /** Runs what Apollo Server has parsed and validated; its context is a CallerContext. */
  readonly executor: GatewayExecutor
  /** The schema that callers see. */
  readonly schema: GraphQLSchema
  /** Throws when a subgraph cannot do its work. */
  readonly checks: Readonly<Record<string, () => Promise<void>>>
  close(): Promise<void>
}

/** The context of an operation from the HTTP door. */
export interface CallerContext {
  readonly credentials: Credentials
  readonly identity: Identity | undefined
}

/**
 * The graph over its subgraphs, in this process or, for 'http', at config.subgraphUrls. Nothing is composed here: the supergraph is
 * checked in (gateway/supergraph.graphql), another may be given for tests. Subgraphs are closed by whoever made them.
 */
export async function createGateway(options: {
  config: Config
  subgraphs: readonly Subgraph[] | 'http'
  supergraphSdl?: string
}): Promise<Gateway> {
  const { config } = options
  setSecurityThresholds(config.security)
  const links = linksTo(options)
  const { apolloGateway, schema, executor: planned } = await loadGateway(links, options.supergraphSdl)
  const callers = knownCallers(links['access']!)
  const subscriber = openRedis(config.redisUrl)
  const stopListening = onClientChange(subscriber, (clientId) => callers.forget(clientId))
  const operations = readOperations(schema)

  const readToken = knownTokens(config.signingKeys)
  const redis = openRedis(config.redisUrl)
  const { admit, admitDownload } = admission(openPermits(redis), config, (credentials) =>
    authenticate(callers, readToken, credentials),
  )

  async function run(
    operation: Operation,
    variables: Record<string, unknown>,
    { identity: known, credentials }: CallerContext,
    whenGone: WhenGone | undefined,
  ): Promise<Awaited<ReturnType<GatewayExecutor>>> {
    if (!known && !operation.asksOnlyForToken) {
      throw coded('UNAUTHENTICATED', 'Send an access token (Authorization: Bearer) or an API key (X-API-Key)')
    }
    const identity = known ?? anonymous(credentials)
    checkVariables(schema, operation, variables)
    if (operation.direct) {
      const link = links[operation.direct.subgraph]!
      const asked = { query: operation.query, operationName: operation.operationName, variables }
      return (await link.send(asked, identity, { whenGone, passesText: true })) as Awaited<ReturnType<GatewayExecutor>>
    }
    return planned(planContext(schema, operation, variables, { identity, operation, whenGone }))
  }

  return {
    schema,
    admit,
    checks: Object.fromEntries(Object.entries(links).map(([name, link]) => [name, () => link.ready()])),
    execute: async (request) => {
      try {
        const operation = operations.read(request.query, request.operationName)
        const { identity, rateLimit } = await admit(request)
        const caller = { identity, credentials: request }
        const refused = identity && request.needs && missingScope(identity, request.needs)
        const answer = refused
          ? failed(refused, request)
          : present(await run(operation, request.variables ?? {}, caller, request.whenGone), request)
        return rateLimit ? { ...answer, extensions: { rateLimit } } : answer
      } catch (error) {
        return failed(error, request)
      }
    },
    download: async ({ token, address, requestId, whenGone }) => {
      try {
        const claims = readDownload(token, config.signingKeys)
        await admitDownload({ address, requestId }, claims?.clientId)
        if (!claims) throw coded('FORBIDDEN', 'The link is not valid or is over; ask for a new one')
        const keeper = links[claims.kind === 'auditEvents' ? 'access' : 'imports']!
        const { tenantId, clientId } = claims
        const identity = { tenantId, tenant: '', clientId, scopes: [], requestId, address }
        return await keeper.download(token, claims, identity, whenGone)
      } catch (error) {
        throw asGraphQLError(presentThrown(error, requestId))
      }
    },
    executor: async ({ document, source, request, context }) => {
      try {
        const operation = operations.of(document, source, request.operationName)
        const { data, errors } = await run(operation, request.variables ?? {}, context as CallerContext, undefined)
        return { data: data ?? null, ...(errors?.length ? { errors: errors.map(asGraphQLError) } : {}) }
      } catch (error) {
        if (error instanceof InvalidQuery) return { errors: error.errors.map((each) => withStatus(each, 400)) }
        return { errors: [withStatus(asGraphQLError(error as Error), errorCodes[codeOf(error) as ErrorCode] ?? 500)] }
      }
    },
    close: async () => {
      stopListening()
      subscriber.disconnect()
      redis.disconnect()
      for (const link of Object.values(links)) link.close()
      await apolloGateway.stop()
    },
  }
}

function linksTo({ config, subgraphs }: { config: Config; subgraphs: readonly Subgraph[] | 'http' }) {
  const entries =
    subgraphs === 'http'
      ? subgraphNames.map(
          (name) => [name, remoteSubgraph(name, config.subgraphUrls[name], config.signingKeys)] as const,
        )
      : subgraphs.map((subgraph) => [subgraph.name, localSubgraph(subgraph)] as const)
  const links: Partial<Record<string, SubgraphLink>> = Object.fromEntries(entries)
  return links as Record<string, SubgraphLink>
}

async function loadGateway(links: Record<string, SubgraphLink>, supergraphSdl = readSupergraph()) {
  // The library reports usage to its maker unless told not to, and this is the only way to tell it.
  // eslint-disable-next-line no-restricted-properties -- written, not read
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true'
  const apolloGateway = new ApolloGateway({
    supergraphSdl,
    logger: log,
    __exposeQueryPlanExperimental: false,
    experimental_didResolveQueryPlan: ({ queryPlan, requestContext }) =>
      learnPlan((requestContext.context as RunContext).operation, queryPlan),
    buildService: ({ name }) => ({
      process: async ({ request, context }) => {
        const { query = '', operationName, variables } = request
        return sendPart(links[name]!, { query, operationName, variables }, context as RunContext)
      },
    }),
  })
  let schema: GraphQLSchema | undefined
  apolloGateway.onSchemaLoadOrUpdate(({ apiSchema }) => (schema = apiSchema))
  const { executor } = await apolloGateway.load()
  return { apolloGateway, executor, schema: schema! }
}

function readSupergraph(): string {
  return readFileSync(join(projectRoot, 'gateway', 'supergraph.graphql'), 'utf8')
}

/** What the query planner and its executor look at; the rest of Apollo Server's request context concerns neither. */
function planContext(
  schema: GraphQLSchema,
  operation: Operation,
  variables: Record<string, unknown>,
  context: RunContext,
): GatewayGraphQLRequestContext {
  const { query, queryHash, document, definition, operationName } = operation
  return {
    request: { query, variables, ...(operationName ? { operationName } : {}) },
    schema,
    context,
    document,
    queryHash,
    source: query,
    operation: definition,
    operationName: definition.name?.value ?? null,
    metrics: {},
    logger: log,
  } as unknown as GatewayGraphQLRequestContext
}

type Asked = Pick<GatewayRequest, 'requestId'>

function present({ data, errors }: Awaited<ReturnType<GatewayExecutor>>, { requestId }: Asked): GatewayAnswer {
  if (!errors?.length) return { data: data ?? null }
  return { data: data ?? null, errors: errors.map((error) => presentThrown(error, requestId)) }
}

function failed(error: unknown, { requestId }: Asked): GatewayAnswer {
  const errors = error instanceof InvalidQuery ? error.errors : [error]
  return { errors: errors.map((each) => presentThrown(each, requestId)) }
}
