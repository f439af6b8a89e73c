import { describe } from './errors'
import { log } from './log'

/**
 * Does `work` now and then every so many milliseconds until it is closed, never twice at once. A failure is logged, and the next time comes.
 * `close` waits for what is under way.
 */
export function repeatedly(milliseconds: number, name: string, work: () => Promise<void>): { close(): Promise<void> } {
  let running: Promise<void> | undefined
  const run = () => {
    running ??= work()
      .catch((error: unknown) => {
        log.error(`${name} failed`, { error: describe(error) })
      })
      .finally(() => (running = undefined))
  }
  const timer = setInterval(run, milliseconds)
  run()
  return {
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}
