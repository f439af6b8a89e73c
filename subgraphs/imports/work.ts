import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { Counter, Histogram } from 'prom-client'
import type { CodeLists } from '../../oneroster/japanRules'
import { describe } from '../../platform/errors'
import { log, withLogContext } from '../../platform/log'
import { beat, claimNext, failPoison, lockTenant, releaseClaim, sourceIdOf, unlockTenant } from './claim'
import { runImport } from './pipeline'
import { collectIssues } from './pipeline/issues'
import { ClaimLost, type Job } from './pipeline/job'
import { startProgress } from './pipeline/progress'
import type { Storage } from './storage'

export interface Workshop {
  readonly pool: Pool
  readonly storage: Storage
  readonly removalLimit: number
  /** Grade and subject codes that are known here. */
  readonly codes?: CodeLists
  /** Aborted when the worker closes. */
  readonly closing: AbortSignal
  readonly at: (place: string) => Promise<void>
}

const importsRun = new Counter({
  name: 'rosterhub_import_runs_total',
  help: 'Runs of imports by how they ended',
  labelNames: ['outcome'] as const,
})
const importRows = new Counter({ name: 'rosterhub_import_rows_total', help: 'Rows read by imports' })
const importSeconds = new Histogram({
  name: 'rosterhub_import_duration_seconds',
  help: 'Time from the claim of an import to its end',
  buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 300, 600],
})

const beatMilliseconds = 1_000

/**
 * Does the open jobs of one tenant, oldest first, until there are none. Returns at once when another worker does so already.
 *
 *   ┌──────────────────────────────────────────────────────────────────────────────────────────────────────────┐
 *   │ May be called twice for the same job, by rings and sweeps of several workers: lock and claim sort it out.  │
 *   └──────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 */
export async function workForTenant(shop: Workshop, tenantId: number): Promise<void> {
  const client = await shop.pool.connect()
  let broken: Error | undefined
  // A lost connection also fails the statement under way, which is where it is handled; without a listener it would end the process.
  const onLost = (error: Error) => void (broken = error)
  client.on('error', onLost)
  try {
    // A killed worker's statement must not go on in the server until it is done.
    await client.query(`set client_connection_check_interval = '1s'`)
    // A job queued between the last look and the unlocking would wait for the sweep; hence the second look.
    while (!shop.closing.aborted && (await lockTenant(client, tenantId))) {
      const worked = await workLocked(shop, client, tenantId)
      await unlockTenant(client, tenantId)
      if (!worked) break
    }
  } catch (error) {
    broken = error as Error
    log.error('import work stopped', { error: describe(error) })
  } finally {
    client.off('error', onLost)
    client.release(broken)
  }
}

async function workLocked(shop: Workshop, client: PoolClient, tenantId: number): Promise<boolean> {
  let worked = false
  for (;;) {
    for (const { jobId, logId } of await failPoison(client, tenantId)) {
      log.error('import given up after several attempts', { jobId, logId })
    }
    const job = shop.closing.aborted ? undefined : await claimNext(client, tenantId)
    if (!job) return worked
    worked = true
    await withLogContext({ jobId: job.jobId }, () => runClaimed(shop, client, job))
  }
}

async function runClaimed(shop: Workshop, client: PoolClient, job: Job): Promise<void> {
  const { pool, storage, removalLimit, codes, at } = shop
  const progress = startProgress()
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, shop.closing])
  const stopTimer = importSeconds.startTimer()
  const backend = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
  // A statement in the server knows nothing of our signal; it is cancelled there.
  const cancelStatement = () => void pool.query('select pg_cancel_backend($1)', [backend]).catch(() => undefined)
  signal.addEventListener('abort', cancelStatement)
  const beats = setInterval(() => {
    // The report itself gives the claim up.
    if (progress.step === 'writeReport') return
    beat(pool, job, progress).then(
      (answer) => answer !== 'on' && progress.step !== 'writeReport' && stop.abort(new ClaimLost()),
      (error: unknown) => log.warn('heartbeat failed', { error: describe(error) }),
    )
  }, beatMilliseconds)
  log.info('import started', { attempt: job.attempts })
  let outcome = 'ended'
  try {
    const sourceId = await sourceIdOf(client, job.tenantId, job.options.source)
    await runImport({
      ...{ job, sourceId, client, pool, storage, progress, removalLimit, signal, at },
      ...(codes ? { codes } : {}),
      issues: collectIssues(),
    })
    log.info('import ended', { rows: progress.rowsRead })
  } catch (error) {
    outcome = await letGo(shop, job, error, signal)
  } finally {
    clearInterval(beats)
    signal.removeEventListener('abort', cancelStatement)
    stopTimer()
    importsRun.inc({ outcome })
    importRows.inc(progress.rowsRead)
  }
}

/** A cancelled job ends, an interrupted one is for the next worker, and a fault of ours is tried again later. */
async function letGo({ pool }: Workshop, job: Job, error: unknown, signal: AbortSignal): Promise<string> {
  if (signal.aborted || error instanceof ClaimLost) {
    log.info('import interrupted')
    await releaseClaim(pool, job)
    return 'interrupted'
  }
  const logId = randomUUID()
  log.error('import failed', { logId, attempt: job.attempts, error: describe(error) })
  await releaseClaim(pool, job, { logId })
  return 'failed'
}
