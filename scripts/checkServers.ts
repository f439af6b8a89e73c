import Redis from 'ioredis'
import { Client } from 'pg'
import type { Config } from '../platform/config'
import { placeOf, reasonOf } from '../platform/servers'
import { isPortFree } from './childService'

/**
 * Looks at every port this start will listen on before anything is started.
 * @throws Error with one sentence naming the taken port and how to move all of them
 */
export async function checkPorts({ host, ports }: Config, portBase: number): Promise<void> {
  const used = { REST: ports.rest, GraphQL: ports.graphql, 'the worker': ports.worker }
  for (const [name, port] of Object.entries(used)) {
    if (forbiddenPorts.includes(port)) {
      throw new Error(`Browsers and fetch refuse port ${port} (${name}): choose another PORT_BASE than ${portBase}.`)
    }
    if (await isPortFree(port, host)) continue
    throw new Error(
      `Port ${port} (${name}) is taken on ${host}: stop the program that uses it, ` +
        `or move all ports, for example with PORT_BASE=${portBase + 100} npm start.`,
    )
  }
}

/** Those of the Fetch standard ("port blocking") from 3000 on. */
const forbiddenPorts = [3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080]

/** @throws Error with one sentence when the server that DATABASE_URL names does not let us in */
export async function checkDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw new Error(`DATABASE_URL does not work, PostgreSQL at ${placeOf(url)} says: ${reasonOf(error)}`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** @throws Error with one sentence when the server that REDIS_URL names does not let us in */
export async function checkRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 10_000 })
  let cause: unknown
  redis.on('error', (error) => (cause = error))
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    throw new Error(`REDIS_URL does not work, Redis at ${placeOf(url)} says: ${reasonOf(cause ?? error)}`)
  } finally {
    if (redis.status !== 'end') redis.disconnect() // else it leaves a timer behind
  }
}
