import { describe } from './errors'
import { log } from './log'

/**
 * Ends a process cleanly: on SIGTERM, SIGINT, or when the parent that started it is gone, runs `close` once and exits.
 * A close that takes longer than `graceMs` milliseconds is cut off.
 */
export function closeOnSignal(close: () => Promise<void>, graceMs = 10_000): void {
  let closing = false
  const end = (reason: string) => {
    if (closing) return
    closing = true
    log.info('closing', { reason })
    setTimeout(() => process.exit(1), graceMs).unref()
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error('closing failed', { error: describe(error) })
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
  process.on('disconnect', () => end('parent gone'))
  if (process.send && !process.connected) end('parent gone') // while we were starting
}

/** Runs a process's main function; a failure at start is one clear line. */
export function runMain(main: () => Promise<{ close(): Promise<void> }>): void {
  Promise.resolve()
    .then(main)
    .then(
      ({ close }) => {
        closeOnSignal(close)
        process.send?.('ready')
      },
      (error: Error) => {
        console.error(error.message)
        process.exit(1)
      },
    )
}
