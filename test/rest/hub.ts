import { createGateway, serveGateway } from '../../gateway/server'
import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import { readConfig, type Config } from '../../platform/config'
import { openDatabase } from '../../platform/database'
import { serveSubgraph, type Subgraph } from '../../platform/subgraph'
import { httpGatewayClient, type GatewayClient } from '../../rest-facade/gatewayClient'
import { serveRestFacade } from '../../rest-facade/server'
import { accessEntities, createAccessSubgraph } from '../../subgraphs/access/server'
import { seedDevelopment, type SeededAccess } from '../../subgraphs/access/seed'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../../subgraphs/enrollments/server'
import { createOrgsSubgraph, orgsEntities } from '../../subgraphs/orgs/server'
import { schemaOf } from '../../subgraphs/roster/record'
import { createUsersSubgraph, usersEntities } from '../../subgraphs/users/server'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { insertRoster, type RosterRows } from '../support/insertRoster'

export type Topology = 'one machine' | 'one process per service'

export interface Hub {
  /** Scheme, host and port of the REST door. */
  readonly url: string
  readonly database: TestDatabase
  readonly config: Config
  readonly tenantId: number
  readonly clients: SeededAccess
  /** An access token of the seeded client that may read everything, or of one with other scopes. */
  token(...granted: string[]): string
  close(): Promise<void>
}

export const base = '/ims/oneroster/rostering/v1p2'

/**
 * The serving side of the hub in one topology, on a database of its own with the given roster. In 'one process per service' every part
 * has its port and speaks HTTP with the others as it does in containers; for the test they share this process.
 */
export async function startHub(topology: Topology, roster: RosterRows, database?: TestDatabase): Promise<Hub> {
  const testDatabase = database ?? (await createTestDatabase())
  const env = { ...testDatabase.env, ROSTERHUB_SECRET: 'a secret of this test, and a long one' }
  const config = { ...readConfig(env), ports: anyPort }
  const clients = await seedDevelopment(config, { replace: true })
  const tenantId = await tenantOf(config, clients!.tenant)
  if (!database) await insertRoster(testDatabase.ownerUrl, tenantId, roster)

  const served = [...usersEntities, ...orgsEntities, ...enrollmentsEntities].map(schemaOf)
  const pool = await openDatabase(config.databaseAppUrl, { poolSize: 8, entities: [...served, ...accessEntities] })
  const subgraphs = [
    createUsersSubgraph(pool),
    createOrgsSubgraph(pool),
    createEnrollmentsSubgraph(pool),
    createAccessSubgraph({ config, database: pool }),
  ]
  const closers = [() => pool.close()]
  const start = topology === 'one machine' ? inOneProcess : overHttp
  const gateway = await start(config, subgraphs, closers)
  const facade = await serveRestFacade({ config, gateway })
  closers.unshift(() => facade.close())
  return {
    url: `http://127.0.0.1:${facade.port}`,
    database: testDatabase,
    config,
    tenantId,
    clients: clients!,
    token: (...granted) => {
      const wanted = granted.length ? granted : [scopes.rosterCore, scopes.roster, scopes.demographics]
      const { clientId } = clients!.demographicsVendor
      return signAccessToken({ clientId, tenantId, scopes: wanted }, config.secret, 3600)
    },
    close: async () => {
      for (const close of closers) await close()
      if (!database) await testDatabase.drop()
    },
  }
}

type Closers = (() => Promise<unknown>)[]

async function inOneProcess(config: Config, subgraphs: Subgraph[], closers: Closers): Promise<GatewayClient> {
  const gateway = await createGateway({ config, subgraphs })
  closers.unshift(() => gateway.close(), ...subgraphs.map((subgraph) => () => subgraph.close()))
  return gateway
}

async function overHttp(config: Config, subgraphs: Subgraph[], closers: Closers): Promise<GatewayClient> {
  const subgraphUrls = { ...config.subgraphUrls }
  for (const subgraph of subgraphs) {
    const server = await serveSubgraph(subgraph, config)
    subgraphUrls[subgraph.name] = `http://127.0.0.1:${server.port}/graphql`
    closers.unshift(() => server.close())
  }
  const gateway = await createGateway({ config: { ...config, subgraphUrls }, subgraphs: 'http' })
  const server = await serveGateway(gateway, config)
  closers.unshift(
    () => server.close(),
    () => gateway.close(),
  )
  return httpGatewayClient({ ...config, gatewayUrl: `http://127.0.0.1:${server.port}/graphql` })
}

const anyPort = { rest: 0, graphql: 0, users: 0, orgs: 0, enrollments: 0, imports: 0, access: 0, worker: 0 }

async function tenantOf(config: Config, code: string): Promise<number> {
  const owner = await openDatabase(config.databaseUrl, { poolSize: 1, entities: [] })
  try {
    const [row] = await owner.query<{ tenant_id: number }>(0, 'select tenant_id from tenants where code = $1', [code])
    return row!.tenant_id
  } finally {
    await owner.close()
  }
}
