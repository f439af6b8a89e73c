import { createGateway, serveGateway, type Gateway } from '../gateway/server'
import type { Config } from '../platform/config'
import { openDatabase, type Database } from '../platform/database'
import type { Subgraph } from '../platform/subgraph'
import { serveRestFacade } from '../rest-facade/server'
import { accessEntities, createAccessSubgraph } from '../subgraphs/access/server'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../subgraphs/enrollments/server'
import { createImportsSubgraph } from '../subgraphs/imports/server'
import { createOrgsSubgraph, orgsEntities } from '../subgraphs/orgs/server'
import { schemaOf } from '../subgraphs/roster/record'
import { createUsersSubgraph, usersEntities } from '../subgraphs/users/server'

/** What serves: both doors, and the gateway behind them. */
export interface Doors {
  readonly restPort: number
  readonly graphqlPort: number
  readonly gateway: Gateway
  /** Answers what is under way first. */
  close(): Promise<void>
}

/**
 * The one-machine topology: facade, gateway and subgraphs in this process, reaching each other without HTTP. The only place that knows every
 * part. The worker is a process of its own (subgraphs/imports/worker.ts).
 * Throws one clear sentence when a port is taken, or the database or the storage cannot be used.
 */
export async function startOneMachine(config: Config): Promise<Doors> {
  const { subgraphs, database } = await openSubgraphs(config)
  const gateway = await createGateway({ config, subgraphs })
  const closers = [
    () => gateway.close(),
    ...subgraphs.map((subgraph) => () => subgraph.close()),
    () => database.close(),
  ]
  try {
    await Promise.all(subgraphs.map((subgraph) => subgraph.ready()))
    const graphql = await serveGateway(gateway, config)
    closers.unshift(() => graphql.close())
    const rest = await serveRestFacade({
      config,
      gateway: { execute: (request) => gateway.execute(request), download: (request) => gateway.download(request) },
    })
    closers.unshift(() => rest.close())
    return { restPort: rest.port, graphqlPort: graphql.port, gateway, close: () => closeAll(closers) }
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

/** Every subgraph, over one pool of connections, which are closed after them. */
export async function openSubgraphs(config: Config): Promise<{ subgraphs: readonly Subgraph[]; database: Database }> {
  const roster = [...orgsEntities, ...usersEntities, ...enrollmentsEntities].map(schemaOf)
  const database = await openDatabase(config.databaseAppUrl, {
    poolSize: config.databasePoolSize,
    entities: [...roster, ...accessEntities],
  })
  const subgraphs = [
    createUsersSubgraph(database),
    createOrgsSubgraph(database),
    createEnrollmentsSubgraph(database),
    createImportsSubgraph({ config, database }),
    createAccessSubgraph({ config, database }),
  ]
  return { subgraphs, database }
}

/** Doors first, then what stands behind them. */
export async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of closers) await close()
}
