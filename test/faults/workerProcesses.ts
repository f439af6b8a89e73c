import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectRoot } from '../../platform/projectRoot'
import type { ImportHub } from '../imports/support'

/** Workers as processes of their own, at work for a hub. */
export interface WorkerProcesses {
  /** With a place, the worker stops there (subgraphs/imports/worker.ts, pauseFor). */
  start(pauseAt?: string): ChildProcess
  /** Starts a worker and waits until it is there. */
  pausedAt(place: string): Promise<ChildProcess>
  /** Ends one that runs, or all; answers the exit code of the last. */
  end(signal: NodeJS.Signals, worker?: ChildProcess): Promise<number | null>
}

export function workerProcesses(hub: () => ImportHub): WorkerProcesses {
  const workers = new Set<ChildProcess>()
  const processes: WorkerProcesses = {
    start(pauseAt) {
      const { config, database } = hub()
      const worker = fork(join(projectRoot, 'test/faults/workerProcess.cjs'), {
        env: {
          ...process.env,
          ...database.env,
          ...{ STORAGE_DIR: config.storageDir, IMPORT_REMOVAL_LIMIT: String(config.importRemovalLimit) },
          ...{ LOG_LEVEL: 'error', NODE_ENV: 'test', ...(pauseAt ? { ROSTERHUB_PAUSE_AT: pauseAt } : {}) },
        },
      })
      workers.add(worker)
      return worker
    },
    async pausedAt(place) {
      const worker = processes.start(place)
      const early = new AbortController()
      await Promise.race([
        new Promise<void>((resolve) => {
          worker.on('message', (message: { pausedAt?: string }) => message.pausedAt === place && resolve())
        }),
        once(worker, 'exit', early).then(() => Promise.reject(new Error('the worker ended by itself'))),
      ])
      early.abort()
      return worker
    },
    async end(signal, only) {
      let code: number | null = null
      for (const worker of only ? [only] : [...workers]) {
        workers.delete(worker)
        if (worker.exitCode === null && worker.signalCode === null) {
          worker.kill(signal)
          await once(worker, 'exit')
        }
        code = worker.exitCode
      }
      return code
    },
  }
  return processes
}
