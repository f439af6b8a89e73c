import type { Pool } from 'pg'
import type { Config } from '../../../platform/config'
import { describe } from '../../../platform/errors'
import { log } from '../../../platform/log'
import type { Storage } from '../storage'
import { deleteUnknownFiles, expireExports, expireUploads } from './expireFiles'
import { pruneIssues } from './pruneIssues'
import { purgeRemoved } from './purgeRemoved'

export interface House {
  readonly pool: Pool
  readonly storage: Storage
  readonly config: Pick<Config, 'uploadDays' | 'exportDays' | 'issueDays' | 'removedDays'>
}

const lock = `hashtext('rosterhub housekeeping')`

/**
 * Removes what is over its time. Each step finds its work in the tables by PostgreSQL's clock, may be killed anywhere and run again, and stands
 * for itself: one that fails is logged and tried again an hour later. One worker does it at a time.
 */
export async function keepHouse(house: House): Promise<void> {
  const client = await house.pool.connect()
  let failure: Error | undefined
  try {
    const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lock}) as locked`)
    if (!rows[0]!.locked) return
    for (const step of [expireUploads, expireExports, deleteUnknownFiles, pruneIssues, purgeRemoved]) {
      await step(house).catch((error: unknown) =>
        log.error('housekeeping failed', { step: step.name, error: describe(error) }),
      )
    }
    await client.query(`select pg_advisory_unlock(${lock})`)
  } catch (error) {
    failure = error as Error
    log.warn('housekeeping stopped', { error: describe(error) })
  } finally {
    // The lock ends with the connection, should it not have been given back.
    client.release(failure)
  }
}
