import type { GraphQLSchema } from 'graphql'
import { Client } from 'pg'
import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import type { Config } from '../../platform/config'
import { httpGatewayClient } from '../../rest-facade/gatewayClient'
import { serveRestFacade } from '../../rest-facade/server'
import type { SeededAccess } from '../../subgraphs/access/seed'
import type { TestDatabase } from '../support/database'
import { startHub as startGraph, type Hub as Graph } from '../support/hub'
import { insertRoster, type RosterRows } from '../support/insertRoster'

export type Topology = 'one machine' | 'one process per service'

export interface Hub {
  /** Scheme, host and port of the REST door. */
  readonly url: string
  /** The GraphQL door. */
  readonly graphqlUrl: string
  /** What callers of it see. */
  readonly schema: GraphQLSchema
  readonly database: TestDatabase
  readonly config: Config
  readonly tenantId: number
  readonly clients: SeededAccess
  /** Gateway and subgraphs behind it. */
  readonly graph: Graph
  /** An access token of the seeded client that may read everything, or one with other scopes. */
  token(...granted: string[]): string
  close(): Promise<void>
}

export const base = '/ims/oneroster/rostering/v1p2'

/**
 * The serving side of the hub in one topology, on a database of its own with the given roster. In 'one process per service' every part
 * has its port and speaks HTTP with the others as it does in containers; for the test they share this process.
 */
export async function startHub(topology: Topology, roster: RosterRows, env: NodeJS.ProcessEnv = {}): Promise<Hub> {
  const isOne = topology === 'one machine'
  const graph = await startGraph(isOne ? 'one process' : 'HTTP between processes', env)
  const { config, gateway, seeded, testDatabase } = graph
  const tenantId = await tenantOf(testDatabase.ownerUrl, seeded.tenant)
  await insertRoster(testDatabase.ownerUrl, tenantId, roster)
  const client = isOne
    ? { execute: gateway.execute.bind(gateway), download: gateway.download.bind(gateway) }
    : httpGatewayClient({ ...config, gatewayUrl: graph.url })
  const facade = await serveRestFacade({ config, gateway: client })
  return {
    url: `http://127.0.0.1:${facade.port}`,
    graphqlUrl: graph.url,
    schema: graph.gateway.schema,
    database: testDatabase,
    config,
    tenantId,
    clients: seeded,
    graph,
    token: (...granted) => {
      const wanted = granted.length ? granted : [scopes.rosterCore, scopes.roster, scopes.demographics]
      const { clientId } = seeded.demographicsVendor
      return signAccessToken({ clientId, tenantId, scopes: wanted }, config.secret, 3600)
    },
    close: async () => {
      await facade.close()
      await graph.close()
    },
  }
}

async function tenantOf(ownerUrl: string, code: string): Promise<number> {
  const client = new Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ tenant_id: number }>('select tenant_id from tenants where code = $1', [code])
    return rows[0]!.tenant_id
  } finally {
    await client.end()
  }
}
