import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerMetrics } from '../platform/clusterMetrics'
import { readConfig, type Config } from '../platform/config'
import { log } from '../platform/log'
import { runMain } from '../platform/shutdown'
import { startOneMachine } from './oneMachine'

/** What serves on one machine. */
export interface Serving {
  /** The processes besides this one. */
  readonly pids: readonly number[]
  close(): Promise<void>
}

/**
 * Serves facade, gateway and subgraphs in this process, or in config.servingProcesses of them behind the same ports (node:cluster), which is
 * how one machine uses more than one processor for reads. Nothing lives in one process that another needs. A process that dies is replaced;
 * the others answer meanwhile. Throws when one cannot start.
 * @param env environment of the processes
 */
export async function serve(config: Config, env: NodeJS.ProcessEnv): Promise<Serving> {
  if (config.servingProcesses === 1) {
    const { close } = await startOneMachine(config)
    return { pids: [], close }
  }
  cluster.setupPrimary({ exec: __filename })
  const workers = new Set<Worker>()
  let closing = false
  const start = async (): Promise<void> => {
    const worker = cluster.fork(env)
    workers.add(worker)
    answerMetrics(worker)
    worker.once('exit', () => workers.delete(worker))
    await ready(worker)
    worker.once('exit', (code, signal) => {
      // One that ended well was told to.
      if (closing || code === 0) return
      log.error('a serving process died and is replaced', { code, signal })
      void replace()
    })
  }
  /** Until it succeeds: what keeps a process from starting, such as a database that is away, may pass. */
  const replace = async (): Promise<void> => {
    await sleep(restartMilliseconds, undefined, { ref: false })
    if (closing) return
    await start().catch((error: Error) => {
      log.error(error.message)
      return replace()
    })
  }
  const close = async () => {
    closing = true
    await Promise.all([...workers].map(ended))
  }
  try {
    await Promise.all(Array.from({ length: config.servingProcesses }, start))
  } catch (error) {
    await close()
    throw error
  }
  return { pids: [...workers].map((worker) => worker.process.pid!), close }
}

const restartMilliseconds = 500
const closeMilliseconds = 15_000

function ready(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: unknown) => message === 'ready' && resolve())
    // It has said itself why.
    worker.once('exit', (code) => reject(new Error(`A serving process ended before it was ready (code ${code}).`)))
  })
}

/** A process drains on SIGTERM; one that does not come to its end is cut off. */
async function ended(worker: Worker): Promise<void> {
  if (worker.isDead()) return
  const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  worker.process.kill('SIGTERM')
  const late = setTimeout(() => worker.process.kill('SIGKILL'), closeMilliseconds)
  await exit
  clearTimeout(late)
}

if (require.main === module) {
  runMain(() => {
    const config = readConfig()
    return cluster.isWorker ? startOneMachine(config) : serve(config, process.env)
  })
}
