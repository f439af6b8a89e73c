import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { totalmem } from 'node:os'
import path from 'node:path'
import { Client, escapeIdentifier } from 'pg'
import { endLeftover, findFreePort, startChildService } from './childService'
import { canReach, findPostgresBinaries, type PostgresBinaries } from './postgresBinaries'

export type PostgresOptions = {
  /** The folder that holds everything of this server: data/, log, password, port. Made when missing. */
  dataDir: string
  /** Default: the one remembered in the folder, else any free one. */
  port?: number
  /** Faster, and not safe against a crash of the machine. */
  forTests?: boolean
  /** Removed when this process dies without stopping the server. */
  removeAfterDeath?: string
}

export type RunningPostgres = {
  /** Connection string of the owner, database `rosterhub`. */
  url: string
  /** Where the data is: `dataDir`, unless that lies in a place closed to PostgreSQL's user. */
  folder: string
  pid: number
  stop(): Promise<void>
}

const owner = 'rosterhub'

/**
 * Starts the PostgreSQL that npm ships, on the loopback address, with its data below `dataDir`; the first time it makes
 * the data folder and the database. A server that a killed process left behind in the folder is stopped first.
 * As root everything runs as the user `postgres`. Ends with this process, however that ends.
 * @throws Error with one sentence when it cannot run here.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = findPostgresBinaries()
  const folder = reachableFolder(options.dataDir, binaries)
  await endServerLeftIn(folder)
  const password = keptPassword(folder)
  if (!existsSync(dataOf(folder))) initialise(folder, password, binaries, options.forTests ?? false)
  checkVersion(folder, binaries)
  const port = await keptPort(folder, options.port)
  const urlOf = (database: string) => `postgres://${owner}:${password}@127.0.0.1:${port}/${database}`
  const service = await startChildService({
    name: 'PostgreSQL',
    command: path.join(binaries.bin, 'postgres'),
    args: ['-D', dataOf(folder), '-p', String(port), ...asFlags(settings(options.forTests ?? false))],
    cwd: folder,
    env: cleanEnvironment(),
    logFile: path.join(folder, 'log'),
    stopSignal: 'SIGINT', // "fast": connections are ended, everything is written
    isReady: () => answers(urlOf('postgres')),
    ...(binaries.as && { as: binaries.as }),
    ...(options.removeAfterDeath && { removeAfterDeath: [folder, path.resolve(options.removeAfterDeath)] }),
  })
  try {
    await createDatabaseIfMissing(urlOf('postgres'))
  } catch (error) {
    await service.stop()
    throw error
  }
  return { url: urlOf(owner), folder, pid: service.pid, stop: service.stop }
}

/** Removes what `startPostgres` made, also where the folder had to be elsewhere. The server must be stopped. */
export function removePostgres(dataDir: string): void {
  if (existsSync(dataDir)) rmSync(realpathSync(dataDir), { recursive: true, force: true })
  rmSync(dataDir, { recursive: true, force: true })
}

/** Sized for a laptop that also runs everything else, and for imports of a million rows. */
function settings(forTests: boolean): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: forTests ? '200' : '100',
    // The indexes of a district of 200,000 students take most of a gigabyte, and its first import fills them in random order.
    shared_buffers: `${Math.round(Math.min(1024, totalmem() / 1024 ** 2 / 4))}MB`,
    checkpoint_timeout: '15min',
    work_mem: '32MB',
    maintenance_work_mem: '256MB',
    max_wal_size: '4GB',
    // New log files are not written twice; an import of a large district fills a hundred of them.
    wal_init_zero: 'off',
    // Costs the processor more than a local disk gains by it: the index pages of an import alone took a tenth of its time.
    wal_compression: 'off',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Containers often give 64 MB of shared memory, which one parallel hash join exceeds.
    ...(sharedMemoryIsSmall() && { dynamic_shared_memory_type: 'mmap' }),
    ...(forTests && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '128MB' }),
  }
}

function asFlags(parameters: Record<string, string>): string[] {
  return Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function sharedMemoryIsSmall(): boolean {
  if (process.platform !== 'linux' || !existsSync('/dev/shm')) return false
  const { bsize, blocks } = statfsSync('/dev/shm')
  return bsize * blocks < 512 * 1024 * 1024
}

/**
 * The folder itself; or, when we are root and the folder lies in a place closed to the user `postgres` (such as /root),
 * one below /var/lib/rosterhub, to which `dataDir` then is a symbolic link.
 */
function reachableFolder(dataDir: string, { as }: PostgresBinaries): string {
  const wanted = path.resolve(dataDir)
  mkdirSync(path.dirname(wanted), { recursive: true, mode: 0o755 })
  if (!existsSync(wanted)) {
    rmSync(wanted, { force: true }) // a link to a folder that is gone
    if (!as || canReach(path.dirname(wanted), as)) mkdirSync(wanted, { mode: 0o755 })
    else symlinkSync(makeFolderElsewhere(), wanted)
  }
  const folder = realpathSync(wanted)
  if (as && !canReach(folder, as)) throw new Error(`The user "postgres" cannot reach ${folder}: move it or open it.`)
  return folder
}

function makeFolderElsewhere(): string {
  const base = '/var/lib/rosterhub'
  mkdirSync(base, { recursive: true, mode: 0o755 })
  const folder = mkdtempSync(path.join(base, 'postgres-'))
  chmodSync(folder, 0o755)
  return folder
}

function dataOf(folder: string): string {
  return path.join(folder, 'data')
}

/** postmaster.pid: first line the pid. After a crash of the machine the pid may be another program's by now. */
async function endServerLeftIn(folder: string): Promise<void> {
  const file = path.join(dataOf(folder), 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  await endLeftover(pid, dataOf(folder), 'SIGINT')
  rmSync(file, { force: true })
}

function keptPassword(folder: string): string {
  const file = path.join(folder, 'password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

async function keptPort(folder: string, wanted: number | undefined): Promise<number> {
  const file = path.join(folder, 'port')
  const kept = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined
  const port = await findFreePort(wanted ?? kept)
  writeFileSync(file, String(port))
  return port
}

/** Made beside and renamed, so that an interrupted initdb leaves nothing that looks like a database. */
function initialise(folder: string, password: string, { bin, as }: PostgresBinaries, forTests: boolean): void {
  const fresh = path.join(folder, 'data.new')
  const passwordFile = path.join(folder, 'password.new')
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (as) [fresh, passwordFile].forEach((place) => chownSync(place, as.uid, as.gid))
  const result = spawnSync(
    path.join(bin, 'initdb'),
    [
      ...['-D', fresh, '--username', owner, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--no-instructions'],
      ...(forTests ? ['--no-sync', '--no-data-checksums'] : []),
    ],
    { cwd: folder, env: cleanEnvironment(), encoding: 'utf8', ...as },
  )
  rmSync(passwordFile)
  if (result.status !== 0) throw new Error(`PostgreSQL could not make its data folder ${fresh}: ${result.stderr}`)
  renameSync(fresh, dataOf(folder))
}

function checkVersion(folder: string, binaries: PostgresBinaries): void {
  const made = readFileSync(path.join(dataOf(folder), 'PG_VERSION'), 'utf8').trim()
  if (made === binaries.majorVersion) return
  throw new Error(
    `The data in ${folder} was made by PostgreSQL ${made}, and this is ${binaries.majorVersion}: move the folder away.`,
  )
}

/** PGDATA, PGPORT and their kind speak of somebody else's server. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name))
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function createDatabaseIfMissing(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [owner])
    if (!found.rowCount) await client.query(`create database ${escapeIdentifier(owner)}`)
  } finally {
    await client.end()
  }
}
