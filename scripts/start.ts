import './developmentEnvironment'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'
import { migrate } from '../migrations/run'
import { readConfig, type Config } from '../platform/config'
import { projectRoot } from '../platform/projectRoot'
import { closeOnSignal } from '../platform/shutdown'
import { checkDatabase, checkPorts, checkRedis } from './checkServers'
import { developmentClients, forgetProcesses, writeDevelopmentFile, type DevelopmentFile } from './developmentClients'
import { startPostgres } from './embeddedPostgres'
import { importSample } from './importSample'
import { onlyOneStart } from './onlyOneStart'
import { startRedis } from './redis'
import { serve } from './serve'
import { superviseWorker } from './superviseWorker'
import { welcome } from './welcome'

type Closers = (() => Promise<void> | void)[]

/** What `npm start` does, in order. Every step that starts something says how it ends. */
async function start(closers: Closers): Promise<void> {
  closers.push(onlyOneStart(dataFolder))
  forgetProcesses(devFile)
  const env: NodeJS.ProcessEnv = { ...process.env, ROSTERHUB_SECRET: process.env.ROSTERHUB_SECRET || keptSecret() }
  await checkPorts(readConfig(env), Number(env.PORT_BASE) || 3000)
  if (process.env.DATABASE_URL) await checkDatabase(process.env.DATABASE_URL)
  if (process.env.REDIS_URL) await checkRedis(process.env.REDIS_URL)
  const pids = [process.pid]
  env.DATABASE_URL = await providePostgres(closers, pids)
  env.REDIS_URL = await provideRedis(closers, pids)
  const config = readConfig(env)

  say('Migrating the database ...')
  await migrate(config)
  const dev: DevelopmentFile = { ...addresses(config), ...(await developmentClients(config, devFile)), pids }
  say('Starting the services ...')
  const services = await serve(config, env)
  pids.push(...services.pids)
  closers.push(() => services.close())
  const worker = runWorker(env, dev)
  closers.push(worker.stop)

  if (await isEmpty(config)) await importDistrict(dev)
  worker.tellReady()
  console.log(welcome(dev))
}

const dataFolder = path.join(projectRoot, '.rosterhub')
const devFile = path.join(dataFolder, 'dev.json')
const sampleDistrict = path.join(projectRoot, 'sample', 'district.zip')

async function providePostgres(closers: Closers, pids: number[]): Promise<string> {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL
  say('Starting PostgreSQL ...')
  const dataDir = path.join(dataFolder, 'postgres')
  const postgres = await startPostgres({ dataDir })
  closers.push(postgres.stop)
  pids.push(postgres.pid)
  if (path.dirname(postgres.folder) !== realpathSync(dataFolder))
    say(`Its data is in ${postgres.folder}, since PostgreSQL does not run as root.`)
  return postgres.url
}

async function provideRedis(closers: Closers, pids: number[]): Promise<string> {
  if (process.env.REDIS_URL) return process.env.REDIS_URL
  say('Starting Redis ...')
  const redis = await startRedis({
    dataDir: path.join(dataFolder, 'redis-data'),
    cacheDir: path.join(dataFolder, 'redis'),
    say,
  })
  closers.push(redis.stop)
  pids.push(redis.pid)
  return redis.url
}

/** Tokens and logins are derived from it, so it outlives a restart. */
function keptSecret(): string {
  const file = path.join(dataFolder, 'secret')
  if (!existsSync(file)) writeFileSync(file, randomBytes(48).toString('base64url'), { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}

function addresses(config: Config): Pick<DevelopmentFile, 'restUrl' | 'graphqlUrl' | 'tokenUrl'> {
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
  const scheme = config.tls ? 'https' : 'http'
  const rest = config.publicUrl ?? `${scheme}://${host}:${config.ports.rest}`
  return {
    restUrl: `${rest}/ims/oneroster/rostering/v1p2`,
    graphqlUrl: `${scheme}://${host}:${config.ports.graphql}/graphql`,
    tokenUrl: `${rest}/oauth2/token`,
  }
}

/** dev.json is written when the hub is ready, and again whenever the worker is started again: it names the processes of this start. */
function runWorker(env: NodeJS.ProcessEnv, dev: DevelopmentFile): { tellReady(): void; stop(): Promise<void> } {
  const entry = path.join(projectRoot, 'dist/subgraphs/imports/worker.js')
  let isReady = false
  let workerPid: number | undefined
  const tell = () => {
    if (isReady && workerPid) writeDevelopmentFile(devFile, { ...dev, pids: [...dev.pids, workerPid] })
  }
  const worker = superviseWorker(entry, env, (pid) => {
    workerPid = pid
    tell()
  })
  return {
    tellReady: () => {
      isReady = true
      tell()
    },
    stop: async () => {
      await worker.stop()
      if (isReady) writeDevelopmentFile(devFile, { ...dev, pids: [] })
    },
  }
}

async function isEmpty({ databaseUrl }: Config): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ empty: boolean }>('select not exists (select from orgs) as empty')
    return rows[0]?.empty ?? true
  } finally {
    await client.end()
  }
}

/** A failed import of the sample is told; everything else runs, and the next start tries again. */
async function importDistrict({ graphqlUrl, admin }: DevelopmentFile): Promise<void> {
  let shown = ''
  const show = (state: string, percent: number) => {
    const line = `Importing the sample district ... ${state.toLowerCase()} ${percent} %`
    if (line !== shown) say((shown = line))
  }
  try {
    const rows = await importSample({ graphqlUrl, apiKey: admin.apiKey }, sampleDistrict, show)
    say(`Imported the sample district: ${rows} rows.`)
  } catch (error) {
    console.error((error as Error).message)
  }
}

function say(line: string): void {
  console.log(line)
}

/** Ends what was started, the last first. One that fails must not keep the others running. */
async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    try {
      await close()
    } catch (error) {
      console.error((error as Error).message)
    }
  }
}

const closers: Closers = []
let closing = false
closeOnSignal(async () => {
  closing = true
  console.log('\nStopping ...')
  await closeAll(closers)
}, 60_000)
start(closers).catch(async (error: Error) => {
  if (closing) return // stopped while it was starting
  console.error(error.message || String(error))
  await closeAll(closers)
  process.exit(1)
})
