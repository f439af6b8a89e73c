import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import { readConfig, type Config } from '../../platform/config'
import { openDatabase, type Database } from '../../platform/database'
import { coded } from '../../platform/errors'
import type { Identity } from '../../platform/identity'
import { readMultipart } from '../../platform/multipart'
import { runMain } from '../../platform/shutdown'
import { serveSubgraph, subgraphSchema, type Subgraph } from '../../platform/subgraph'
import { openBell } from './bell'
import type { ImportsContext } from './context'
import { openDownload } from './openDownload'
import { resolvers } from './resolvers'
import { directoryStorage } from './storage'

const putAwayMilliseconds = 1_000

/** ImportJob and its issues; the worker (worker.ts) does the work. The database is closed by whoever opened it. */
export function createImportsSubgraph({ config, database }: { config: Config; database: Database }): Subgraph {
  const bell = openBell(config.redisUrl)
  const storage = directoryStorage(config.storageDir)
  const uploads = new Set<Promise<unknown>>()
  const contextFor = (identity: Identity): ImportsContext => ({
    ...{ identity, config, database, storage, bell, uploads },
    issueLoaders: new Map(),
  })
  return {
    name: 'imports',
    schema: subgraphSchema('imports', resolvers),
    contextFor,
    download: async (identity, claims) => openDownload(contextFor(identity), claims),
    // Without Redis uploads are still taken: the sweep finds them.
    ready: async () => void (await Promise.all([database.ping(), storage.check()])),
    close: async () => {
      // Their connections are closed by now. One that still goes on is ended by the workers' sweep.
      await Promise.race([Promise.allSettled(uploads), sleep(putAwayMilliseconds, undefined, { ref: false })])
      await bell.close()
    },
  }
}

/** Serves it over HTTP, uploads included. Throws one sentence when it could not do its work. */
export async function serveImports(
  config: Config,
  database: Database,
): Promise<{ port: number; close(): Promise<void> }> {
  const subgraph = createImportsSubgraph({ config, database })
  await subgraph.ready()
  return serveSubgraph(subgraph, config, [multipart(config)])
}

/** Reads a multipart request from the gateway; the file stays in the connection until importRoster reads it. */
export function multipart(config: Config): RequestHandler {
  // One byte more than allowed, so that storage.ts sees a file that is too long and says so.
  const limits = { maxFiles: 1, maxFileSize: config.maxUploadBytes + 1, maxFieldSize: 1024 ** 2 }
  return (request, response, next) => {
    if (!request.is('multipart/form-data')) return next()
    readMultipart(request, response, limits).then(
      (body) => {
        request.body = body
        next()
      },
      () => response.status(400).json({ errors: [coded('UPLOAD_BROKEN', 'Not a GraphQL multipart request').toJSON()] }),
    )
  }
}

async function main() {
  const config = readConfig()
  const database = await openDatabase(config.databaseAppUrl, { poolSize: config.databasePoolSize, entities: [] })
  const server = await serveImports(config, database)
  return {
    close: async () => {
      await server.close()
      await database.close()
    },
  }
}

if (require.main === module) runMain(main)
