import type { Pool, PoolClient } from 'pg'
import type { Run } from './job'

/** What is needed to cancel a statement: the connection it runs on, and a pool to say so by. */
interface Connection {
  readonly client: PoolClient
  readonly pool: Pool
}

/**
 * Does `work`, whose statements on `client` are cancelled in the server when `signal` aborts: PostgreSQL knows nothing of our signal. Whatever
 * comes after this on the connection is not cancelled any more.
 */
export async function cancellable<T>(
  { client, pool }: Connection,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  let cancelled: Promise<unknown> = Promise.resolve()
  const cancel = () => {
    cancelled = pool.query('select pg_cancel_backend($1)', [rows[0]!.pid]).catch(() => undefined)
  }
  signal.throwIfAborted()
  signal.addEventListener('abort', cancel)
  try {
    return await work()
  } finally {
    signal.removeEventListener('abort', cancel)
    await cancelled
  }
}

/**
 * Does a part of a run on a connection of its own. Its statements get no parallel workers: parts that run beside each other have the processors
 * as it is, and each statement with two workers more would take them from whoever reads the roster meanwhile.
 */
export async function onSecondConnection<T>(run: Run, work: (second: Run) => Promise<T>): Promise<T> {
  const client = await run.pool.connect()
  let failure: Error | undefined
  try {
    await client.query('set max_parallel_workers_per_gather = 0')
    const result = await cancellable({ client, pool: run.pool }, run.signal, () => work({ ...run, client }))
    await client.query('reset max_parallel_workers_per_gather')
    return result
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    client.release(failure)
  }
}
