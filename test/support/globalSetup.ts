import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { migrate } from '../../migrations/run'
import { readConfig } from '../../platform/config'
import { projectRoot } from '../../platform/projectRoot'
import { removePostgres, startPostgres } from '../../scripts/embeddedPostgres'
import { startRedis } from '../../scripts/redis'
import { seedDevelopment } from '../../subgraphs/access/seed'
import { attackFileVariable } from './attackTotals'
import { askDatabase, sampleVariable, serverVariables, templates } from './database'

declare global {
  var stopTestServices: (() => Promise<void>) | undefined
}

/**
 * Starts the PostgreSQL and the Redis of this test run, in a folder that vanishes with it, and migrates the database that
 * every test file clones. They end with this process, also when it is killed or stopped by Ctrl-C.
 */
export default async function globalSetup(): Promise<void> {
  // What the developer's shell says about servers is not for tests.
  for (const name of Object.keys(process.env)) {
    if (
      /^(DATABASE|REDIS|SUBGRAPH|GATEWAY|PUBLIC|ROSTERHUB|STORAGE|PORT|TRUST|IMPORT|MAX_UPLOAD|WORKER|GRADE|SUBJECT)_/.test(
        name,
      )
    ) {
      delete process.env[name]
    }
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'rosterhub-test-'))
  chmodSync(folder, 0o755)
  // Before the servers run (and are watched), nobody else would remove the folder of an interrupted run.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const dataDir = path.join(folder, 'postgres')
  const cacheDir = path.join(projectRoot, '.rosterhub', 'redis')
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataDir, forTests: true, removeAfterDeath: folder }),
    startRedis({
      dataDir: path.join(folder, 'redis'),
      cacheDir,
      forTests: true,
      removeAfterDeath: folder,
      say: console.log,
    }),
  ])
  globalThis.stopTestServices = async () => {
    await Promise.all([postgres.stop(), redis.stop()])
    removePostgres(dataDir)
    rmSync(folder, { recursive: true, force: true })
  }
  // Temporary files of the tests go there too, and with it.
  process.env.TMPDIR = path.join(folder, 'tmp')
  mkdirSync(process.env.TMPDIR)
  process.env[attackFileVariable] = path.join(folder, 'attacks')
  process.env[serverVariables.postgres] = postgres.url
  process.env[serverVariables.redis] = redis.url
  await makeTemplates(postgres.url)
}

async function makeTemplates(ownerUrl: string): Promise<void> {
  const urlOf = (database: string) => Object.assign(new URL(ownerUrl), { pathname: database }).href
  await askDatabase(ownerUrl, `create database ${templates.empty}`)
  await migrate(readConfig({ DATABASE_URL: urlOf(templates.empty) }))
  await askDatabase(ownerUrl, `create database ${templates.sample} template ${templates.empty}`)
  process.env[sampleVariable] = JSON.stringify(await seedDevelopment({ databaseUrl: urlOf(templates.sample) }))
}
