import { once } from 'node:events'
import { createServer } from 'node:http'
import { setPriority } from 'node:os'
import express from 'express'
import { Pool } from 'pg'
import { keepAuditTrail } from '../../platform/auditKeeper'
import { codeLists } from '../../oneroster/japanRules'
import { readConfig, type Config } from '../../platform/config'
import { outliveLostConnections } from '../../platform/database'
import { describe } from '../../platform/errors'
import { healthRoutes } from '../../platform/health'
import { log } from '../../platform/log'
import { repeatedly } from '../../platform/repeatedly'
import { letIn } from '../../platform/servers'
import { runMain } from '../../platform/shutdown'
import { listen } from '../../platform/subgraph'
import { watchVolumes } from '../../platform/volumeWatch'
import { listenToBell } from './bell'
import { openExports } from './exports/claimExport'
import { workExport } from './exports/workExport'
import { keepHouse } from './housekeeping/keepHouse'
import { removeErased } from './privacy/removeErased'
import { directoryStorage } from './storage'
import { removeDeletedTenants } from './deletedTenants'
import { clearLeftovers, tenantsWithWork } from './sweep'
import { workForTenant, type Workshop } from './work'

const sweepMilliseconds = 2_000
const clearMilliseconds = 60_000
const houseMilliseconds = 3_600_000
const auditMilliseconds = 3_600_000
const volumeMilliseconds = 300_000

/**
 * The process that imports. It never serves roster data, so that an import does not slow a read. Any number of them may run; each works for
 * up to config.workerConcurrency tenants at once. `at` lets tests stop it at a named place.
 */
export async function startWorker(
  config: Config,
  at: (place: string) => Promise<void> = async () => undefined,
): Promise<{ port: number; close(): Promise<void> }> {
  // For each tenant up to four connections to import on and one for exports; two for housekeeping; beats, cancellations and the sweep share
  // two more.
  const pool = new Pool({ connectionString: config.databaseWorkerUrl, max: 5 * config.workerConcurrency + 4 })
  pool.on('error', (error) => log.warn('idle database connection lost', { error: describe(error) }))
  outliveLostConnections(pool)
  await letIn(config.databaseWorkerUrl, () => pool.query('select 1'))
  const closing = new AbortController()
  const shop: Workshop = {
    pool,
    storage: directoryStorage(config.storageDir),
    removalLimit: config.importRemovalLimit,
    codes: codeLists(config.gradeCodes, config.subjectCodes),
    timeLimitSeconds: config.importTimeLimitSeconds,
    retrySeconds: config.importRetrySeconds,
    closing: closing.signal,
    at,
  }
  await shop.storage.check()
  const busy = new Map<number, Promise<void>>()
  /** Tenants whose bell rang while a job of theirs was under way: there is more. */
  const rang = new Set<number>()
  const exporting = new Map<string, Promise<void>>()

  /**
   * Gives the free hands work: each takes one job at a time, of the tenant whose turn it is, so that no tenant keeps a worker to itself.
   * `idle` are tenants for whom there was nothing to do a moment ago.
   */
  async function work(idle: ReadonlySet<number> = new Set()): Promise<void> {
    if (busy.size >= config.workerConcurrency || closing.signal.aborted) return
    for (const tenantId of await tenantsWithWork(pool)) {
      if (busy.size >= config.workerConcurrency || closing.signal.aborted) return
      if (busy.has(tenantId)) rang.add(tenantId)
      else if (!idle.has(tenantId)) workFor(tenantId, idle)
    }
  }
  function workFor(tenantId: number, idle: ReadonlySet<number>): void {
    const done = workForTenant(shop, tenantId)
      .catch(() => false)
      .then((worked) => {
        busy.delete(tenantId)
        work(rang.delete(tenantId) || worked ? undefined : new Set([...idle, tenantId])).catch(workFailed)
      })
    busy.set(tenantId, done)
  }
  const workFailed = (error: unknown) => log.warn('sweep failed', { error: describe(error) })
  /** The same for an export: exports read, so they neither wait for imports nor hold them up. */
  async function workOnExport(jobId: string): Promise<void> {
    if (exporting.has(jobId) || exporting.size >= config.workerConcurrency || closing.signal.aborted) return
    const done = workExport(shop, jobId).finally(() => exporting.delete(jobId))
    exporting.set(jobId, done)
    await done
  }
  async function sweep(): Promise<void> {
    try {
      await work()
      for (const jobId of await openExports(pool)) void workOnExport(jobId)
    } catch (error) {
      workFailed(error)
    }
  }

  const bell = listenToBell(config.redisUrl, config.workerConcurrency, async (jobId) => {
    const { rows } = await pool.query('select from import_jobs where job_id = $1', [jobId])
    await (rows[0] ? work() : workOnExport(jobId))
  })
  const clear = () =>
    void clearLeftovers(pool, shop.storage)
      .then(() => removeErased(pool, shop.storage))
      .then(() => removeDeletedTenants(pool, shop.storage))
      .catch((error: unknown) => log.warn('clearing failed', { error: describe(error) }))
  const timers = [setInterval(() => void sweep(), sweepMilliseconds), setInterval(clear, clearMilliseconds)]
  clear()
  void sweep()
  const keeping = { pool, archive: shop.storage, months: config.auditMonths, at }
  const keepers = [
    repeatedly(auditMilliseconds, 'keeping the audit trail', () => keepAuditTrail(keeping)),
    repeatedly(houseMilliseconds, 'housekeeping', () => keepHouse({ pool, storage: shop.storage, config })),
    repeatedly(volumeMilliseconds, 'watching volumes', () => watchVolumes(pool, config.security.volume)),
  ]

  const server = createServer(
    express().use(
      healthRoutes({ database: async () => void (await pool.query('select 1')), storage: () => shop.storage.check() }),
    ),
  )
  const port = await listen(server, config.ports.worker, config.host)
  return {
    port,
    close: async () => {
      timers.forEach((timer) => clearInterval(timer))
      closing.abort(new Error('the worker closes'))
      await Promise.all([...busy.values(), ...exporting.values()])
      await Promise.all(keepers.map((keeper) => keeper.close()))
      await bell.close()
      server.close()
      server.closeAllConnections()
      await pool.end()
    },
  }
}

/**
 * For fault tests only (test/faults/): ROSTERHUB_PAUSE_AT names a place of the pipeline ("parsed users.csv", "merging", "merged",
 * "committed") or of an export ("exported users.csv", "exported"); the worker tells its parent that it is there and waits to be killed or
 * closed. Ignored in production.
 */
export function pauseFor({ production }: Config): (place: string) => Promise<void> {
  const wanted = production ? undefined : process.env['ROSTERHUB_PAUSE_AT']
  return async (place) => {
    if (place !== wanted) return
    process.send?.({ pausedAt: place })
    await once(process, 'SIGTERM')
  }
}

if (require.main === module) {
  runMain(() => {
    const config = readConfig()
    setPriority(config.workerNice)
    return startWorker(config, pauseFor(config))
  })
}
