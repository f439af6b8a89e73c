import type { Config } from '../../platform/config'
import { readConfig } from '../../platform/config'
import { openDatabase, type Database } from '../../platform/database'
import { coded } from '../../platform/errors'
import type { Identity } from '../../platform/identity'
import { openRedis } from '../../platform/redis'
import { runMain } from '../../platform/shutdown'
import { serveSubgraph, subgraphSchema, type Subgraph } from '../../platform/subgraph'
import { openAuditDownload } from './auditDownload'
import type { AccessContext } from './context'
import { ApiClientEntity, AuditEventEntity, TenantEntity } from './entities'
import { resolvers } from './resolvers'

export const accessEntities = [TenantEntity, ApiClientEntity, AuditEventEntity]

/** Tenant, ApiClient and AuditEvent, and the tokens. The database is closed by whoever opened it. */
export function createAccessSubgraph({ config, database }: { config: Config; database: Database }): Subgraph {
  const redis = openRedis(config.redisUrl)
  const contextFor = (identity: Identity): AccessContext => ({ identity, config, database, redis })
  return {
    name: 'access',
    schema: subgraphSchema('access', resolvers),
    contextFor,
    download: async (identity, claims) => {
      if (claims.kind !== 'auditEvents') throw coded('UNKNOWN_OBJECT', 'The file is not there any more')
      return openAuditDownload(contextFor(identity), claims)
    },
    // Redis only makes it faster, so it is no reason to send callers away.
    ready: () => database.ping(),
    close: async () => redis.disconnect(),
  }
}

async function main() {
  const config = readConfig()
  const database = await openDatabase(config.databaseAppUrl, {
    poolSize: config.databasePoolSize,
    entities: accessEntities,
  })
  const server = await serveSubgraph(createAccessSubgraph({ config, database }), config)
  return {
    close: async () => {
      await server.close()
      await database.close()
    },
  }
}

if (require.main === module) runMain(main)
