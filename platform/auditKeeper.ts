import type { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Pool, PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { log } from './log'

/** Where archives go: a stream to a key, which holds all of it, safely on disk, or does not exist. */
interface Archive {
  write(key: string, bytes: Readable, limit: number): Promise<unknown>
}

export interface AuditKeeping {
  readonly pool: Pool
  readonly archive: Archive
  /** Full months that stay in the database. */
  readonly months: number
  /** Lets tests stop it at a named place. */
  at?(place: string): Promise<void>
}

/** Months made ahead, so that a worker that is away for a season does no harm (and then the default partition takes events). */
const monthsAhead = 3

/**
 * Keeps the audit trail: makes the months to come, archives each month that is older than is kept (audit/audit_events_2023_04-1.csv.gz, all
 * tenants, one line an event) and then drops it from the database. Runs twice and from several workers without harm; killed at any place it
 * loses nothing: a month is dropped only by its owner's function, which counts the rows and wants as many as were archived.
 */
export async function keepAuditTrail(keeping: AuditKeeping): Promise<void> {
  const client = await keeping.pool.connect()
  let failure: Error | undefined
  try {
    const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${lock}) as locked`)
    if (!rows[0]!.locked) return
    try {
      await client.query('select ensure_audit_partitions($1)', [monthsAhead])
      for (const month of await expiredMonths(client, keeping.months)) await retire(client, month, keeping)
    } finally {
      await client.query(`select pg_advisory_unlock(${lock})`)
    }
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    // The lock ends with the connection, should it not have been given back.
    client.release(failure)
  }
}

const lock = `hashtext('rosterhub audit retention')`

interface Month {
  readonly name: string
  readonly from: string
  readonly to: string
}

async function expiredMonths(client: PoolClient, months: number): Promise<Month[]> {
  const { rows } = await client.query<Month>(
    `with months as (
       select c.relname as name, to_date(right(c.relname, 7), 'YYYY_MM')::timestamp as month
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'audit_events'::regclass and c.relname ~ '^audit_events_[0-9]{4}_[0-9]{2}$'
     )
     select name, (month at time zone 'UTC')::text as "from", ((month + interval '1 month') at time zone 'UTC')::text as "to"
     from months where (month + make_interval(months => 1 + $1)) at time zone 'UTC' <= now() order by name`,
    [months],
  )
  return rows
}

async function retire(client: PoolClient, { name, from, to }: Month, { archive, at }: AuditKeeping): Promise<void> {
  const bounds = `at >= '${from}' and at < '${to}'`
  const { rows } = await client.query<{ first: string | null }>(
    `select min(event_id) as first from audit_events where ${bounds}`,
  )
  const first = rows[0]!.first
  const archived = first === null ? 0 : await archiveEvents(client, `audit/${name}-${first}.csv.gz`, bounds, archive)
  await at?.(`archived ${name}`)
  await client.query('select drop_audit_partition($1, $2)', [name, archived])
  log.info('audit events archived', { month: name, events: archived })
  await at?.(`dropped ${name}`)
}

/**
 * Answers how many. The key names the first event: done again it is the same file, while events that come for a month that is gone already
 * (a clock gone wrong) make another one.
 */
async function archiveEvents(client: PoolClient, key: string, bounds: string, archive: Archive): Promise<number> {
  // Bounds are those of the partition, made of its name; COPY takes no parameters.
  const events = client.query(
    copyTo(`copy (select * from audit_events where ${bounds} order by at, event_id) to stdout (format csv, header)`),
  )
  const packed = createGzip()
  events.on('error', (error) => packed.destroy(error))
  await archive.write(key, events.pipe(packed), Number.MAX_SAFE_INTEGER)
  return events.rowCount ?? 0
}
