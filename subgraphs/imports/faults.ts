import { isDatabaseAway } from '../../platform/databaseAway'

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
  const { code = '', syscall = '' } = (error ?? {}) as { code?: string; syscall?: string }
  if (isDatabaseAway(error) || waitedInVain.test(code)) return 'DATABASE'
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

/** What another transaction was in the way of: serialization, deadlock, lock. */
const waitedInVain = /^(40001|40P01|55P03)$/
const storageErrors = new Set(
  ['ENOENT', 'EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EACCES'].concat(['EROFS', 'ESTALE', 'EBUSY', 'ENOTDIR']),
)
const fileCalls = new Set(['open', 'read', 'write', 'stat', 'fstat', 'lstat', 'rename', 'mkdir', 'scandir', 'fsync'])
