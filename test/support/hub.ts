import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, serveGateway, type Gateway } from '../../gateway/server'
import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import { readConfig, type Config } from '../../platform/config'
import { serveSubgraph } from '../../platform/subgraph'
import { httpGatewayClient } from '../../rest-facade/gatewayClient'
import { serveRestFacade } from '../../rest-facade/server'
import { closeAll, openSubgraphs, startOneMachine, type Doors } from '../../scripts/oneMachine'
import type { SeededAccess } from '../../subgraphs/access/seed'
import { multipart } from '../../subgraphs/imports/server'
import { startWorker } from '../../subgraphs/imports/worker'
import { askDatabase, createTestDatabase, sampleVariable, type TestDatabase } from './database'
import { insertRoster, type RosterRows } from './insertRoster'

export const topologies = ['one machine', 'one process per service'] as const
export type Topology = (typeof topologies)[number]

export interface HubOptions {
  /** What the tenant `sample` has; nothing unless given. */
  readonly roster?: RosterRows
  readonly env?: NodeJS.ProcessEnv
  /** Whether a worker imports and exports. */
  readonly worker?: boolean
}

/** The hub as it is run, on a database and a storage folder of its own. */
export interface Hub {
  /** Scheme, host and port of the REST door. */
  readonly restUrl: string
  /** The GraphQL door. */
  readonly graphqlUrl: string
  readonly gateway: Gateway
  readonly config: Config
  readonly database: TestDatabase
  /** The tenant `sample` and its three clients. */
  readonly tenantId: number
  readonly clients: SeededAccess
  /** An access token of the seeded client that may read everything, or one with other scopes. */
  token(...granted: string[]): string
  close(): Promise<void>
}

/**
 * Starts a hub. In 'one machine' it is what `npm start` runs; in 'one process per service' every part has its port and speaks HTTP with the
 * others as it does in containers; for the test they share this process.
 */
export async function startHub(topology: Topology, { roster, env, worker }: HubOptions = {}): Promise<Hub> {
  const database = await createTestDatabase('sample')
  const clients = JSON.parse(process.env[sampleVariable]!) as SeededAccess
  const storage = await mkdtemp(join(tmpdir(), 'rosterhub-storage-'))
  const plain = anyPorts(readConfig({ ...database.env, STORAGE_DIR: storage, ...env }))
  const [tenant] = await askDatabase(database.ownerUrl, 'select tenant_id from tenants where code = $1', [
    clients.tenant,
  ])
  const tenantId: number = tenant.tenant_id
  if (roster) await insertRoster(database.ownerUrl, tenantId, roster)
  const { config, restPort, graphqlPort, gateway, close } =
    topology === 'one machine' ? { config: plain, ...(await startOneMachine(plain)) } : await startEachService(plain)
  const hands = worker ? [await startWorker(config)] : []
  return {
    restUrl: `http://127.0.0.1:${restPort}`,
    graphqlUrl: `http://127.0.0.1:${graphqlPort}/graphql`,
    ...{ gateway, config, database, tenantId, clients },
    token: (...granted) => {
      const wanted = granted.length ? granted : [scopes.rosterCore, scopes.roster, scopes.demographics]
      const { clientId } = clients.demographicsVendor
      return signAccessToken({ clientId, tenantId, scopes: wanted }, config.secret, 3600)
    },
    close: async () => {
      await closeAll(hands.map((hand) => () => hand.close()))
      await close()
      await database.drop()
      await rm(storage, { recursive: true, force: true })
    },
  }
}

async function startEachService(plain: Config): Promise<Doors & { config: Config }> {
  const { subgraphs, database } = await openSubgraphs(plain)
  const closers = [() => database.close()]
  const subgraphUrls = { ...plain.subgraphUrls }
  for (const subgraph of subgraphs) {
    const server = await serveSubgraph(subgraph, plain, subgraph.name === 'imports' ? [multipart(plain)] : [])
    closers.unshift(() => server.close())
    subgraphUrls[subgraph.name] = `http://127.0.0.1:${server.port}/graphql`
  }
  const config = { ...plain, subgraphUrls }
  const gateway = await createGateway({ config, subgraphs: 'http' })
  const graphql = await serveGateway(gateway, config)
  const gatewayUrl = `http://127.0.0.1:${graphql.port}/graphql`
  const rest = await serveRestFacade({ config, gateway: httpGatewayClient({ ...config, gatewayUrl }) })
  closers.unshift(
    () => rest.close(),
    () => graphql.close(),
    () => gateway.close(),
  )
  return { config, gateway, restPort: rest.port, graphqlPort: graphql.port, close: () => closeAll(closers) }
}

/** Port 0: the system chooses. */
function anyPorts(config: Config): Config {
  const ports = Object.fromEntries(Object.keys(config.ports).map((name) => [name, 0]))
  return { ...config, ports: ports as unknown as Config['ports'] }
}
