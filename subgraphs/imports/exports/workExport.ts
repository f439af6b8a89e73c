import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import { Counter, Histogram } from 'prom-client'
import { describe } from '../../../platform/errors'
import { log, withLogContext } from '../../../platform/log'
import { ClaimLost } from '../pipeline/job'
import type { Workshop } from '../work'
import { onWorkConnection } from '../workConnection'
import {
  beatExport,
  claimExport,
  completeExport,
  failExport,
  isCancelled,
  lockExport,
  releaseExport,
  unlockExport,
  withdrawExport,
} from './claimExport'
import { collectExportIssues } from './exportIssues'
import type { ExportJob, ExportRun } from './exportJob'
import { selectRows } from './selection'
import { openSnapshot } from './snapshot'
import { writePackage } from './writePackage'

const exportsRun = new Counter({
  name: 'rosterhub_export_runs_total',
  help: 'Runs of exports by how they ended',
  labelNames: ['outcome'] as const,
})
// From the start: the first that fails shall count as an increase.
for (const outcome of ['ended', 'interrupted', 'failed']) exportsRun.inc({ outcome }, 0)
const exportSeconds = new Histogram({
  name: 'rosterhub_export_duration_seconds',
  help: 'Time from the claim of an export to its end',
  buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
})

const beatMilliseconds = 1_000

/**
 * Runs one export, unless another worker does so already or it is over.
 *
 *   ┌──────────────────────────────────────────────────────────────────────────────────────────────────┐
 *   │ May be called twice for the same job, by rings and sweeps of several workers: lock and claim sort it out. │
 *   └──────────────────────────────────────────────────────────────────────────────────────────────────┘
 */
export async function workExport(shop: Workshop, jobId: string): Promise<void> {
  await onWorkConnection(shop.pool, 'export work', async (client, discard) => {
    if (shop.closing.aborted || !(await lockExport(client, jobId))) return
    const logId = await failExport(client, jobId)
    if (logId) log.error('export given up after several attempts', { jobId, logId })
    if (await withdrawExport(client, jobId)) log.info('export withdrawn: its client has ended', { jobId })
    const job = await claimExport(client, jobId)
    const failure = job && (await withLogContext({ jobId }, () => runClaimed(shop, client, job)))
    // In the middle of a COPY the connection can be used for nothing else; closing it also gives up snapshot and lock.
    if (failure) discard(failure)
    else await unlockExport(client, jobId)
  })
}

/** Answers what the run failed with, if anything. */
async function runClaimed(shop: Workshop, client: PoolClient, job: ExportJob): Promise<Error | undefined> {
  const { pool, storage, at } = shop
  const progress = { rows: 0, expected: 0 }
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, shop.closing])
  const backend = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
  // A COPY in the server knows nothing of our signal; it is cancelled there.
  const cancelStatement = () => void pool.query('select pg_cancel_backend($1)', [backend]).catch(() => undefined)
  signal.addEventListener('abort', cancelStatement)
  const beats = setInterval(() => {
    const percentage = Math.min(99, (100 * progress.rows) / Math.max(1, progress.expected))
    beatExport(pool, job, { rows: progress.rows, percentage }).then(
      (isOurs) => {
        if (isOurs) return
        stop.abort(new ClaimLost())
        // Again with each beat: the first time it may have come between two statements.
        cancelStatement()
      },
      (error: unknown) => log.warn('heartbeat failed', { error: describe(error) }),
    )
  }, beatMilliseconds)
  const stopTimer = exportSeconds.startTimer()
  log.info('export started', { attempt: job.attempts })
  let outcome = 'ended'
  try {
    await runExport({ job, client, storage, progress, at, issues: collectExportIssues() }, shop, () =>
      clearInterval(beats),
    )
    log.info('export ended', { rows: progress.rows })
    return undefined
  } catch (error) {
    outcome = await letGo(shop, job, error, signal)
    return error as Error
  } finally {
    clearInterval(beats)
    signal.removeEventListener('abort', cancelStatement)
    stopTimer()
    exportsRun.inc({ outcome })
  }
}

/** Snapshot, selection, package, end. The package is in storage, whole, before the job says so. */
async function runExport(run: ExportRun, { pool }: Workshop, beforeEnd: () => void): Promise<void> {
  const { job, client, issues } = run
  const storageKey = storageKeyOf(job)
  const snapshot = await openSnapshot(client, job)
  const selection = await selectRows(client, job)
  const { tenant, stamp: snapshotAt, metadataKeys } = snapshot
  const written = await writePackage(run, selection, { key: storageKey, tenant, snapshotAt, metadataKeys })
  await client.query('rollback')
  await run.at('exported')
  beforeEnd()
  const result = { ...written, issues: issues.all, snapshotAt, fileName: snapshot.fileName, storageKey }
  if (!(await completeExport(pool, job, result))) throw new ClaimLost()
}

const storageKeyOf = ({ tenantId, jobId }: ExportJob) => `exports/${tenantId}/${jobId}`

/** An interrupted export is for the next worker, and a fault of ours is tried again later. */
async function letGo(
  { pool, storage }: Workshop,
  job: ExportJob,
  error: unknown,
  signal: AbortSignal,
): Promise<string> {
  if (signal.aborted || error instanceof ClaimLost) {
    log.info('export interrupted')
    await releaseExport(pool, job)
    // It may have been whole already when somebody cancelled it. A job that another worker has is that worker's.
    if (await isCancelled(pool, job)) await storage.delete(storageKeyOf(job))
    return 'interrupted'
  }
  const logId = randomUUID()
  log.error('export failed', { logId, attempt: job.attempts, error: describe(error) })
  await releaseExport(pool, job, { logId })
  return 'failed'
}
