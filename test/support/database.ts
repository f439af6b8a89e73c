import { randomBytes } from 'node:crypto'
import Redis from 'ioredis'
import { Client, Pool } from 'pg'
import { readConfig } from '../../platform/config'

/** What test files clone: a migrated database that is empty, and one with the tenant `sample` and its clients, as startHub has it. */
export const templates = { empty: 'rosterhub_template', sample: 'rosterhub_sample' } as const

/** How globalSetup tells the test files where the servers of this run are. */
export const serverVariables = { postgres: 'ROSTERHUB_TEST_POSTGRES', redis: 'ROSTERHUB_TEST_REDIS' } as const
/** The credentials of the clients in the template `sample`, as JSON: to hash them for every hub anew would take longer than all else. */
export const sampleVariable = 'ROSTERHUB_TEST_SAMPLE'

export type TestDatabase = {
  /** The role that owns the tables (and is a superuser here). */
  ownerUrl: string
  /** The role of processes that serve requests: row-level security holds. */
  appUrl: string
  /** The role of the worker. */
  workerUrl: string
  /** A numbered database of the run's Redis, for this test file alone. Channels of publish/subscribe are shared by all. */
  redisUrl: string
  /** The same as environment, for `readConfig` and for processes that a test starts. */
  env: Record<'DATABASE_URL' | 'DATABASE_APP_URL' | 'DATABASE_WORKER_URL' | 'REDIS_URL', string>
  drop(): Promise<void>
}

/** A migrated database of its own for one test file, empty unless said otherwise; cloned from a template (a fraction of a second). */
export async function createTestDatabase(template: keyof typeof templates = 'empty'): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await askDatabase(serverUrl('postgres'), `create database ${name} template ${templates[template]}`)
  const address = new URL(serverUrl('postgres'))
  address.pathname = name
  const redisUrl = await nextRedisDatabase()
  const config = readConfig({ DATABASE_URL: address.href, REDIS_URL: redisUrl })
  return {
    ownerUrl: config.databaseUrl,
    appUrl: config.databaseAppUrl,
    workerUrl: config.databaseWorkerUrl,
    redisUrl,
    env: {
      DATABASE_URL: config.databaseUrl,
      DATABASE_APP_URL: config.databaseAppUrl,
      DATABASE_WORKER_URL: config.databaseWorkerUrl,
      REDIS_URL: redisUrl,
    },
    drop: async () => void (await askDatabase(serverUrl('postgres'), `drop database if exists ${name} with (force)`)),
  }
}

/** Connections of a test's own. A pool that was ended may still hear that its database is dropped: it has ended, all the same. */
export function openPool(url: string, max: number): Pool {
  const pool = new Pool({ connectionString: url, max })
  pool.on('error', () => undefined)
  return pool
}

/** The rows of one statement, over a connection of its own. */
export function askDatabase(url: string, text: string, values: readonly unknown[] = []): Promise<any[]> {
  return connected(url, async (client) => (await client.query(text, [...values])).rows)
}

/** Does `work` over a connection of its own. */
export async function connected<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function nextRedisDatabase(): Promise<string> {
  const redis = new Redis(serverUrl('redis'))
  try {
    const address = new URL(serverUrl('redis'))
    address.pathname = String(await redis.incr('test databases given out'))
    return address.href
  } finally {
    redis.disconnect()
  }
}

function serverUrl(server: keyof typeof serverVariables): string {
  const url = process.env[serverVariables[server]]
  if (!url)
    throw new Error(`${serverVariables[server]} is not set: run the test through jest, which starts the servers.`)
  return url
}
