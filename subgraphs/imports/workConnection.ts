import type { Pool, PoolClient } from 'pg'
import { describe } from '../../platform/errors'
import { log } from '../../platform/log'

/**
 * Does `work` on one connection of the pool, whose lock a job is done under; answers undefined when it failed, which is logged under `name`.
 * `discard` says that the connection can be used for nothing else: then it is closed, which gives up its locks, too.
 */
export async function onWorkConnection<T>(
  pool: Pool,
  name: string,
  work: (client: PoolClient, discard: (error: Error) => void) => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect()
  let broken: Error | undefined
  // A lost connection also fails the statement under way, which is where it is handled; without a listener it would end the process.
  const discard = (error: Error) => void (broken = error)
  client.on('error', discard)
  try {
    // A killed worker's statement must not go on in the server until it is done.
    await client.query(`set client_connection_check_interval = '1s'`)
    return await work(client, discard)
  } catch (error) {
    broken = error as Error
    log.error(`${name} stopped`, { error: describe(error) })
    return undefined
  } finally {
    client.off('error', discard)
    client.release(broken)
  }
}
