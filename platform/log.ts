import { AsyncLocalStorage } from 'node:async_hooks'
import { createLogger, format, transports } from 'winston'

/** What every line of one request or job carries. */
export interface LogContext {
  readonly requestId?: string
  readonly traceId?: string
  readonly jobId?: string
}

const context = new AsyncLocalStorage<LogContext>()

/** Runs `work` so that its log lines carry the given ids. */
export function withLogContext<T>(ids: LogContext, work: () => T): T {
  return context.run({ ...context.getStore(), ...ids }, work)
}

/** One JSON object a line on stderr, so that stdout stays free for what a command prints. Never a personal value in it. */
export const log = createLogger({
  level: process.env['LOG_LEVEL'] ?? (process.env['JEST_WORKER_ID'] ? 'error' : 'info'),
  format: format.combine(
    format((info) => Object.assign(info, context.getStore()))(),
    format.timestamp(),
    format.json(),
  ),
  transports: [new transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug', 'verbose'] })],
})
