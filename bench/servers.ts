import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'
import Redis from 'ioredis'
import { migrate } from '../migrations/run'
import { readConfig, type Config } from '../platform/config'
import { projectRoot } from '../platform/projectRoot'
import { removePostgres, startPostgres } from '../scripts/embeddedPostgres'
import { startRedis } from '../scripts/redis'
import { seedDevelopment, type SeededAccess } from '../subgraphs/access/seed'
import { freePortBase } from './processes'

/** Everything of a run: servers, storage, extracted files. Below the project, ignored by git. */
export const benchFolder = path.join(projectRoot, '.rosterhub', 'bench')
export const workFolder = path.join(benchFolder, 'work')

/** The PostgreSQL and Redis of this run, with the settings that `npm start` uses: writes reach the disk. */
export interface Servers {
  readonly versions: Readonly<Record<'postgres' | 'redis', string>>
  /** A migrated database with its tenant and clients; an existing one is used again when `keep` is set. */
  openHub(name: string, options?: { keep: boolean }): Promise<Hub>
  stop(): Promise<void>
}

/** One hub: a database, a Redis database, and the environment of its processes. */
export interface Hub {
  readonly config: Config
  readonly env: NodeJS.ProcessEnv
  readonly access: SeededAccess
  readonly tenantId: number
  /** As owner of the tables. */
  readonly owner: Client
  close(): Promise<void>
  drop(): Promise<void>
}

const dataDir = path.join(workFolder, 'postgres')

/** What an earlier run has left stays only for one that keeps it. */
export async function startServers(options: { keep: boolean }): Promise<Servers> {
  if (!options.keep) removeWork()
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataDir }),
    startRedis({
      dataDir: path.join(workFolder, 'redis'),
      cacheDir: path.join(projectRoot, '.rosterhub', 'redis'),
      say: console.log,
    }),
  ])
  const admin = await connected(postgres.url)
  const secret = randomBytes(32).toString('base64url')
  let opened = 0

  return {
    versions: { postgres: await postgresVersion(admin), redis: await redisVersion(redis.url) },
    async openHub(name, { keep } = { keep: false }) {
      if (!keep) await admin.query(`drop database if exists ${name} with (force)`)
      const found = await admin.query('select from pg_database where datname = $1', [name])
      if (!found.rowCount) await admin.query(`create database ${name}`)
      const env = await hubEnvironment(
        addressOf(postgres.url, name),
        addressOf(redis.url, String(++opened % 16)),
        secret,
      )
      return openHub(env, () => admin.query(`drop database if exists ${name} with (force)`))
    },
    async stop() {
      await admin.end().catch(() => undefined)
      await Promise.all([postgres.stop(), redis.stop()])
      if (!options.keep) removeWork()
    },
  }
}

function removeWork(): void {
  removePostgres(dataDir)
  rmSync(workFolder, { recursive: true, force: true })
}

async function openHub(env: NodeJS.ProcessEnv, dropDatabase: () => Promise<unknown>): Promise<Hub> {
  const config = readConfig(env)
  await migrate(config)
  const access = (await seedDevelopment(config, { replace: true }))!
  const owner = await connected(config.databaseUrl)
  const { rows } = await owner.query<{ tenant_id: number }>('select tenant_id from tenants where code = $1', [
    access.tenant,
  ])
  const close = () => owner.end().catch(() => undefined)
  const drop = async () => {
    await close()
    await dropDatabase()
  }
  return { config, env, access, tenantId: rows[0]!.tenant_id, owner, close, drop }
}

/** As in production, on ports of its own; nothing of the caller's settings. */
async function hubEnvironment(databaseUrl: string, redisUrl: string, secret: string): Promise<NodeJS.ProcessEnv> {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    ...{ PATH, HOME, TMPDIR },
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    ROSTERHUB_SECRET: secret,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    STORAGE_DIR: path.join(workFolder, 'storage'),
    PORT_BASE: String(await freePortBase()),
    // Out of reach: requests are counted as in production, none is refused.
    ...{ RATE_LIMIT_PER_CLIENT: '1000000000', RATE_LIMIT_PER_ADDRESS: '1000000000' },
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

function addressOf(server: string, database: string): string {
  const address = new URL(server)
  address.pathname = database
  return address.href
}

async function postgresVersion(admin: Client): Promise<string> {
  const { rows } = await admin.query<{ server_version: string }>('show server_version')
  return rows[0]!.server_version
}

async function redisVersion(url: string): Promise<string> {
  const redis = new Redis(url)
  try {
    return /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? ''
  } finally {
    redis.disconnect()
  }
}
