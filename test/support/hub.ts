import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, type Config } from '../../platform/config'
import { openDatabase, type Database } from '../../platform/database'
import { serveSubgraph } from '../../platform/subgraph'
import { createGateway, serveGateway, type Gateway } from '../../gateway/server'
import { accessEntities, createAccessSubgraph } from '../../subgraphs/access/server'
import { seedDevelopment, type SeededAccess } from '../../subgraphs/access/seed'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../../subgraphs/enrollments/server'
import { createImportsSubgraph, multipart } from '../../subgraphs/imports/server'
import { createOrgsSubgraph, orgsEntities } from '../../subgraphs/orgs/server'
import { schemaOf } from '../../subgraphs/roster/record'
import { createUsersSubgraph, usersEntities } from '../../subgraphs/users/server'
import { createTestDatabase, type TestDatabase } from './database'

export const topologies = ['one process', 'HTTP between processes'] as const
export type Topology = (typeof topologies)[number]

/** The graph as it is run, on a database of its own: gateway and subgraphs, and the GraphQL door on a free port. */
export interface Hub {
  readonly config: Config
  readonly gateway: Gateway
  /** The GraphQL door. */
  readonly url: string
  readonly database: Database
  readonly testDatabase: TestDatabase
  /** The tenant `sample` with its three clients. */
  readonly seeded: SeededAccess
  close(): Promise<void>
}

/** Starts a hub. Over HTTP every subgraph listens on a port of its own, all in this process. */
export async function startHub(topology: Topology, env: NodeJS.ProcessEnv = {}): Promise<Hub> {
  const testDatabase = await createTestDatabase()
  const storage = await mkdtemp(join(tmpdir(), 'rosterhub-storage-'))
  let config = anyPorts(readConfig({ ...testDatabase.env, STORAGE_DIR: storage, ...env }))
  const seeded = (await seedDevelopment(config))!
  const roster = [...orgsEntities, ...usersEntities, ...enrollmentsEntities]
  const entities = [...roster.map(schemaOf), ...accessEntities]
  const database = await openDatabase(config.databaseAppUrl, { poolSize: 8, entities })
  const subgraphs = [
    createOrgsSubgraph(database),
    createUsersSubgraph(database),
    createEnrollmentsSubgraph(database),
    createAccessSubgraph({ config, database }),
    createImportsSubgraph({ config, database }),
  ]
  const servers: { close(): Promise<void> }[] = []
  if (topology === 'HTTP between processes') {
    const urls: Record<string, string> = {}
    for (const subgraph of subgraphs) {
      const server = await serveSubgraph(subgraph, config, subgraph.name === 'imports' ? [multipart(config)] : [])
      servers.push(server)
      urls[subgraph.name] = `http://127.0.0.1:${server.port}/graphql`
    }
    config = { ...config, subgraphUrls: { ...config.subgraphUrls, ...urls } }
  } else servers.push(...subgraphs)
  const gateway = await createGateway({ config, subgraphs: topology === 'one process' ? subgraphs : 'http' })
  const door = await serveGateway(gateway, config)
  return {
    config,
    gateway,
    url: `http://127.0.0.1:${door.port}/graphql`,
    database,
    testDatabase,
    seeded,
    close: async () => {
      await door.close()
      await gateway.close()
      await Promise.all(servers.map((server) => server.close()))
      await database.close()
      await testDatabase.drop()
      await rm(storage, { recursive: true, force: true })
    },
  }
}

function anyPorts(config: Config): Config {
  const ports = Object.fromEntries(Object.keys(config.ports).map((name) => [name, 0]))
  return { ...config, ports: ports as unknown as Config['ports'] }
}

export interface GraphQLAnswer {
  readonly status: number
  readonly headers: Headers
  // Answers differ by query; a test says what it expects.
  readonly data: any
  readonly errors: { message: string; path?: unknown[]; extensions: { code: string } & Record<string, unknown> }[]
}

/** Asks the GraphQL door as a client does. */
export async function ask(
  hub: Pick<Hub, 'url'>,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(hub.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as GraphQLAnswer
  return { status: response.status, headers: response.headers, data, errors }
}

const issueToken = `mutation ($clientId: String!, $clientSecret: String!, $scope: String) {
  issueToken(clientId: $clientId, clientSecret: $clientSecret, scope: $scope) { accessToken tokenType expiresIn scope }
}`

/** An access token, as the GraphQL door gives it. */
export function requestToken(
  hub: Pick<Hub, 'url'>,
  client: { clientId: string; clientSecret: string },
  scope?: string,
): Promise<GraphQLAnswer> {
  const { clientId, clientSecret } = client
  return ask(hub, issueToken, { clientId, clientSecret, ...(scope === undefined ? {} : { scope }) })
}

/** The Authorization header of a client. */
export async function bearer(
  hub: Pick<Hub, 'url'>,
  client: { clientId: string; clientSecret: string },
  scope?: string,
): Promise<{ authorization: string }> {
  const { data, errors } = await requestToken(hub, client, scope)
  if (errors) throw new Error(JSON.stringify(errors))
  return { authorization: `Bearer ${data.issueToken.accessToken}` }
}
