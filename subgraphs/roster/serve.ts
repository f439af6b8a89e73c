import type { GraphQLSchema } from 'graphql'
import type { Entity } from '../../oneroster/model'
import type { Config, SubgraphName } from '../../platform/config'
import { openDatabase, type Database } from '../../platform/database'
import { openReadTrail } from '../../platform/readTrail'
import { serveSubgraph, type Subgraph } from '../../platform/subgraph'
import { rosterContext } from './context'
import { schemaOf } from './record'

/** A roster subgraph over an open database. The database is closed by whoever opened it, after this: its trail of reads is written. */
export function rosterSubgraph(name: SubgraphName, schema: GraphQLSchema, database: Database): Subgraph {
  const trail = openReadTrail(database)
  return {
    name,
    schema,
    contextFor: (identity) => rosterContext(identity, database, trail),
    ready: () => database.ping(),
    close: () => trail.close(),
  }
}

/** Runs one roster subgraph as a process of its own. */
export async function serveAlone(
  config: Config,
  entities: readonly Entity[],
  create: (database: Database) => Subgraph,
) {
  const database = await openRosterDatabase(config, entities)
  const server = await serveSubgraph(create(database), config)
  return {
    close: async () => {
      await server.close()
      await database.close()
    },
  }
}

/** Opens the database as the serving role, with the TypeORM entities of these roster entities. */
export function openRosterDatabase(config: Config, entities: readonly Entity[]): Promise<Database> {
  return openDatabase(config.databaseAppUrl, { poolSize: config.databasePoolSize, entities: entities.map(schemaOf) })
}
