import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Redis from 'ioredis'
import { endLeftover, findFreePort, startChildService } from './childService'
import { findRedisBinary, redisEnvironment } from './redisBinaries'

export type RedisOptions = {
  /** The folder that holds everything of this server: append-only file, log, password, pid. Made when missing. */
  dataDir: string
  /** Where a Redis that had to be fetched is unpacked. Default: `.rosterhub/redis` of the project. */
  cacheDir: string
  /** Keeps nothing on disk. */
  forTests?: boolean
  /** Removed when this process dies without stopping the server. */
  removeAfterDeath?: string
  /** Gets one line when something takes long. */
  say?: (line: string) => void
}

export type RunningRedis = { url: string; pid: number; stop(): Promise<void> }

/**
 * Starts a Redis server on a free loopback port, installing one first where the machine has none and lets us.
 * A server that a killed process left behind in the folder is stopped first. Ends with this process, however that ends.
 * @throws Error with one sentence when there is no Redis to be had.
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const folder = path.resolve(options.dataDir)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const binary = findRedisBinary(options.cacheDir, options.say ?? (() => undefined))
  await endServerLeftIn(folder)
  const port = await findFreePort()
  const password = randomBytes(24).toString('base64url')
  const url = `redis://:${password}@127.0.0.1:${port}`
  const service = await startChildService({
    name: 'Redis',
    command: binary.command,
    args: ['-'], // the configuration comes on standard input: the process list must not show the password
    input: configuration(folder, port, password, options.forTests ?? false),
    cwd: folder,
    env: redisEnvironment(binary.libraryPath),
    logFile: path.join(folder, 'log'),
    stopSignal: 'SIGTERM',
    isReady: () => answers(url),
    ...(options.removeAfterDeath && { removeAfterDeath: [path.resolve(options.removeAfterDeath)] }),
  })
  writeFileSync(pidFile(folder), `${service.pid} 127.0.0.1:${port}`)
  const stop = async () => {
    await service.stop()
    rmSync(pidFile(folder), { force: true })
  }
  return { url, pid: service.pid, stop }
}

function configuration(folder: string, port: number, password: string, forTests: boolean): string {
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    `dir "${folder}"`,
    'save ""',
    `appendonly ${forTests ? 'no' : 'yes'}`,
    'maxmemory-policy noeviction', // the queue's jobs are not a cache
    'daemonize no',
    ...(forTests ? ['databases 4096'] : []), // one for each test file
    'supervised no',
  ]
  return lines.join('\n') + '\n'
}

function pidFile(folder: string): string {
  return path.join(folder, 'redis.pid')
}

async function endServerLeftIn(folder: string): Promise<void> {
  const file = pidFile(folder)
  if (!existsSync(file)) return
  const [pid, address = ''] = readFileSync(file, 'utf8').split(' ')
  if (address) await endLeftover(Number(pid), address, 'SIGTERM') // Redis shows its address in its command line
  rmSync(file, { force: true })
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 2000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.ping()) === 'PONG' // refused while the append-only file is being read
  } catch {
    return false
  } finally {
    if (client.status !== 'end') client.disconnect() // else it leaves a timer behind
  }
}
