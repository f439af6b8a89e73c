import { AsyncLocalStorage } from 'node:async_hooks'
import { createLogger, format, transports } from 'winston'

/** What every line of one job carries. */
export interface LogContext {
  readonly jobId: string
}

const context = new AsyncLocalStorage<LogContext>()

/**
 * Runs a job so that its log lines carry its id. Not for requests: on Node 20 every promise of a process that once did this is followed, which
 * is a tenth of a small read. What logs about a request is handed its id instead, and writes it as `requestId`.
 */
export function withLogContext<T>(ids: LogContext, work: () => T): T {
  return context.run(ids, work)
}

/** What LOG_LEVEL may be. */
export const logLevels = ['error', 'warn', 'info', 'debug']

/** One JSON object a line on stderr, so that stdout stays free for what a command prints. Never a personal value in it. */
export const log = createLogger({
  level: process.env['LOG_LEVEL'] || (process.env['JEST_WORKER_ID'] ? 'error' : 'info'),
  format: format.combine(
    format((info) => Object.assign(info, context.getStore()))(),
    format.timestamp(),
    format.json(),
  ),
  transports: [new transports.Console({ stderrLevels: logLevels })],
})
