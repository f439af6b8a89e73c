import { createGateway, serveGateway } from '../gateway/server'
import type { Config } from '../platform/config'
import { openDatabase } from '../platform/database'
import { serveRestFacade } from '../rest-facade/server'
import { accessEntities, createAccessSubgraph } from '../subgraphs/access/server'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../subgraphs/enrollments/server'
import { createImportsSubgraph } from '../subgraphs/imports/server'
import { createOrgsSubgraph, orgsEntities } from '../subgraphs/orgs/server'
import { schemaOf } from '../subgraphs/roster/record'
import { createUsersSubgraph, usersEntities } from '../subgraphs/users/server'

/**
 * The one-machine topology: facade, gateway and subgraphs in this process, reaching each other without HTTP. The only place that knows every
 * part. The worker is a process of its own (subgraphs/imports/worker.ts).
 * `close` answers what is under way first. Throws one clear sentence when a port is taken or the database cannot be reached.
 */
export async function startOneMachine(
  config: Config,
): Promise<{ restPort: number; graphqlPort: number; close(): Promise<void> }> {
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
  const gateway = await createGateway({ config, subgraphs })
  const closers = [
    () => gateway.close(),
    ...subgraphs.map((subgraph) => () => subgraph.close()),
    () => database.close(),
  ]
  try {
    const graphql = await serveGateway(gateway, config)
    closers.unshift(() => graphql.close())
    const rest = await serveRestFacade({
      config,
      gateway: { execute: (request) => gateway.execute(request), download: (request) => gateway.download(request) },
    })
    closers.unshift(() => rest.close())
    return { restPort: rest.port, graphqlPort: graphql.port, close: () => closeAll(closers) }
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

/** Doors first, then what stands behind them. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of closers) await close()
}
