import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

export type SupervisedWorker = { stop(): Promise<void> }

const longestPause = 30_000

/**
 * Runs the import worker as a process of its own and starts it again when it dies, after a pause that doubles from one
 * second while it keeps dying. The worker ends itself when the channel to this process closes, so it never outlives us.
 * @param entry compiled file of the worker
 * @param onStart called with the process id, each time
 */
export function superviseWorker(
  entry: string,
  env: NodeJS.ProcessEnv,
  onStart: (pid: number) => void,
): SupervisedWorker {
  let worker: ChildProcess | undefined
  let pause = 500
  let next: NodeJS.Timeout | undefined
  let stopped = false
  start()
  return { stop }

  function start(): void {
    const startedAt = Date.now()
    worker = fork(entry, { env })
    if (worker.pid) onStart(worker.pid)
    worker.on('error', () => undefined)
    worker.once('exit', (code, signal) => {
      if (stopped) return
      pause = Date.now() - startedAt > 60_000 ? 1000 : Math.min(pause * 2, longestPause)
      console.error(`The import worker ended (${signal ?? `code ${code}`}); starting it again in ${pause / 1000} s.`)
      next = setTimeout(start, pause)
    })
  }

  async function stop(): Promise<void> {
    stopped = true
    clearTimeout(next)
    if (!worker?.pid || worker.exitCode !== null || worker.signalCode !== null) return
    const exited = once(worker, 'exit')
    worker.kill('SIGTERM')
    if (await Promise.race([exited.then(() => false), sleep(10_000, true, { ref: false })])) worker.kill('SIGKILL')
    await exited
  }
}
