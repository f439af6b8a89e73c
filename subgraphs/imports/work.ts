import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { Counter, Histogram } from 'prom-client'
import type { CodeLists } from '../../oneroster/japanRules'
import { describe } from '../../platform/errors'
import { log, withLogContext } from '../../platform/log'
import * as claims from './claim'
import { failureOf, TimeLimitReached } from './faults'
import { runImport } from './pipeline'
import { cancellable } from './pipeline/cancellable'
import { collectIssues } from './pipeline/issues'
import { ClaimLost, type Job, type Run } from './pipeline/job'
import { startProgress } from './pipeline/progress'
import type { Storage } from './storage'
import { onWorkConnection } from './workConnection'

export interface Workshop {
  readonly pool: Pool
  readonly storage: Storage
  readonly removalLimit: number
  /** Grade and subject codes that are known here. */
  readonly codes?: CodeLists
  /** A run that takes longer ends FAILED. */
  readonly timeLimitSeconds: number
  /** Until the second try after a fault of ours; doubled each time. */
  readonly retrySeconds: number
  /** Aborted when the worker closes. */
  readonly closing: AbortSignal
  readonly at: (place: string) => Promise<void>
}

const importsRun = new Counter({
  name: 'rosterhub_import_runs_total',
  help: 'Runs of imports by how they ended',
  labelNames: ['outcome'] as const,
})
// From the start: the first that fails shall count as an increase.
for (const outcome of ['ended', 'interrupted', 'failed']) importsRun.inc({ outcome }, 0)
const importRows = new Counter({ name: 'rosterhub_import_rows_total', help: 'Rows read by imports' })
const importSeconds = new Histogram({
  name: 'rosterhub_import_duration_seconds',
  help: 'Time from the claim of an import to its end',
  buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 300, 600],
})

const beatMilliseconds = 1_000

/**
 * Does the next job of one tenant; answers whether there was one. Returns at once when another worker imports for the tenant.
 *
 *   ┌──────────────────────────────────────────────────────────────────────────────────────────────────────────┐
 *   │ May be called twice for the same job, by rings and sweeps of several workers: lock and claim sort it out.  │
 *   └──────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 */
export async function workForTenant(shop: Workshop, tenantId: number): Promise<boolean> {
  const worked = await onWorkConnection(shop.pool, 'import work', async (client) => {
    if (shop.closing.aborted || !(await claims.lockTenant(client, tenantId))) return false
    const worked = await workLocked(shop, client, tenantId)
    await claims.unlockTenant(client, tenantId)
    return worked
  })
  return worked ?? false
}

async function workLocked(shop: Workshop, client: PoolClient, tenantId: number): Promise<boolean> {
  for (const { jobId, logId } of await claims.failPoison(client, tenantId)) {
    log.error('import given up after several attempts', { jobId, logId })
  }
  const job = shop.closing.aborted ? undefined : await claims.claimNext(client, tenantId)
  if (!job) return false
  await withLogContext({ jobId: job.jobId }, () => runClaimed(shop, client, job))
  return true
}

async function runClaimed(shop: Workshop, client: PoolClient, job: Job): Promise<void> {
  const { pool, storage, removalLimit, codes, at } = shop
  const progress = startProgress()
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, shop.closing])
  const stopTimer = importSeconds.startTimer()
  const beats = setInterval(() => {
    // The report itself gives the claim up.
    if (progress.step === 'writeReport') return
    claims.beat(pool, job, progress).then(
      (answer) => answer !== 'on' && progress.step !== 'writeReport' && stop.abort(new ClaimLost()),
      (error: unknown) => log.warn('heartbeat failed', { error: describe(error) }),
    )
  }, beatMilliseconds)
  const limit = setTimeout(() => stop.abort(new TimeLimitReached()), shop.timeLimitSeconds * 1000)
  log.info('import started', { attempt: job.attempts })
  let outcome = 'ended'
  try {
    const sourceId = await claims.sourceIdOf(client, job.tenantId, job.options.source)
    const run: Run = {
      ...{ job, sourceId, client, pool, storage, progress, removalLimit, signal, at },
      ...(codes ? { codes } : {}),
      issues: collectIssues(),
    }
    await cancellable(run, signal, () => runImport(run))
    log.info('import ended', { rows: progress.rowsRead })
  } catch (error) {
    outcome = await letGo(shop, job, error, signal)
  } finally {
    clearInterval(beats)
    clearTimeout(limit)
    stopTimer()
    importsRun.inc({ outcome })
    importRows.inc(progress.rowsRead)
  }
}

/** A cancelled job ends, an interrupted one is for the next worker, and a fault of ours is tried again later if that may help. */
async function letGo(shop: Workshop, job: Job, error: unknown, signal: AbortSignal): Promise<string> {
  const isLate = signal.reason instanceof TimeLimitReached
  if (!isLate && (signal.aborted || error instanceof ClaimLost)) {
    log.info('import interrupted')
    await claims.releaseClaim(shop.pool, job)
    return 'interrupted'
  }
  const failure = failureOf(isLate ? signal.reason : error)
  const logId = randomUUID()
  log.error('import failed', { logId, failure, attempt: job.attempts, error: describe(error) })
  await claims.releaseAfterFault(shop.pool, job, { failure, logId, firstPauseSeconds: shop.retrySeconds })
  return 'failed'
}
