/**
 * Why a run ended although the data is not to blame. What is gone for a while (database, storage) is tried again with a growing pause; what
 * would happen again, at once, is not.
 */
export type Failure = 'DATABASE' | 'STORAGE' | 'WORKER_LOST' | 'TIME_LIMIT' | 'INTERNAL'

/** Aborts a run that takes longer than a job may. */
export class TimeLimitReached extends Error {
  constructor() {
    super('the import took longer than IMPORT_TIME_LIMIT_SECONDS')
    this.name = 'TimeLimitReached'
  }
}

/** A run may fail this often for what may pass, before the job is FAILED and waits for retryImport. */
export const mostFaults = 6

/** The kind of a thrown error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TimeLimitReached) return 'TIME_LIMIT'
  const {
    code = '',
    message = '',
    syscall = '',
  } = (error ?? {}) as { code?: string; message?: string; syscall?: string }
  if (databaseStates.test(code) || lostClient.test(message)) return 'DATABASE'
  if (connectionErrors.has(code)) return 'DATABASE'
  return storageErrors.has(code) && fileCalls.has(syscall) ? 'STORAGE' : 'INTERNAL'
}

/** Whether trying again may help. */
export function mayPass(failure: Failure): boolean {
  return failure === 'DATABASE' || failure === 'STORAGE'
}

/** Seconds until the next try after `faults` of them: twice as long each time, ten minutes at most. */
export function pauseAfter(faults: number, firstPauseSeconds: number): number {
  return Math.min(600, firstPauseSeconds * 2 ** (faults - 1))
}

/**
 * PostgreSQL's classes: 08 connection, 53 resources, 57 operator (shutdown, cancelled), 58 system; and what waits for another transaction
 * (serialization 40001, deadlock 40P01, lock 55P03). The other classes are what we asked for.
 */
const databaseStates = /^(08|53|57|58)[0-9A-Z]{3}$|^(40001|40P01|55P03)$/
/** What pg says of a connection that is gone, without a code. */
const lostClient =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/
const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])
const storageErrors = new Set(
  ['ENOENT', 'EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EACCES'].concat(['EROFS', 'ESTALE', 'EBUSY', 'ENOTDIR']),
)
const fileCalls = new Set(['open', 'read', 'write', 'stat', 'fstat', 'lstat', 'rename', 'mkdir', 'scandir', 'fsync'])
