import type { Pool } from 'pg'
import { alert } from './securityEvents'

export interface VolumeThresholds {
  /** So many times its usual volume is unusual for a client. */
  readonly factor: number
  /** Records an hour below which nothing is unusual. */
  readonly least: number
}

/** How much the last hour weighs in what is usual; an hour is forgotten after some ten others. */
const weight = 0.2
/** Before a client has read in so many hours nothing is known of what is usual for it. */
const leastHours = 3

/**
 * Compares the records that each client has read in the hour of `now` with what is usual for it: the exponentially weighted mean of the hours in
 * which it read at all, so that a nightly reading of everything is as usual as a quiet dashboard. The audit trail is where both come from.
 * Alerts once an hour and client. Runs twice and in several workers without harm; hours in which no worker ran are left out of the mean.
 */
export async function watchVolumes(pool: Pool, { factor, least }: VolumeThresholds, now = new Date()): Promise<void> {
  const hour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000)
  await rememberHour(pool, new Date(hour.getTime() - 3_600_000), hour)
  const { rows } = await pool.query<{ tenant_id: number; client_id: string; volume: string; usual: number }>(
    `update client_volumes v set warned_hour = $1
     from (${volumesSql}) seen
     where v.tenant_id = seen.tenant_id and v.client_id = seen.client_id and v.hours >= ${leastHours}
       and seen.volume >= $3 and seen.volume > $4 * v.usual and v.warned_hour is distinct from $1
     returning v.tenant_id, v.client_id, seen.volume, v.usual`,
    [hour, new Date(hour.getTime() + 3_600_000), least, factor],
  )
  for (const { tenant_id: tenantId, client_id: clientId, volume, usual } of rows) {
    alert('unusualVolume', { tenantId, clientId, records: Number(volume), usual: Math.round(usual) })
  }
}

/** Takes a finished hour into the mean of each client, once. */
async function rememberHour(pool: Pool, from: Date, to: Date): Promise<void> {
  await pool.query(
    `insert into client_volumes as v (tenant_id, client_id, usual, hours, counted_hour)
     select seen.tenant_id, seen.client_id, seen.volume, 1, $1 from (${volumesSql}) seen
     join api_clients c on c.tenant_id = seen.tenant_id and c.client_id = seen.client_id
     on conflict (tenant_id, client_id) do update
       set usual = v.usual * ${1 - weight} + excluded.usual * ${weight}, hours = v.hours + 1, counted_hour = excluded.counted_hour
       where v.counted_hour < excluded.counted_hour`,
    [from, to],
  )
}

/** Records read from $1 to $2 by each client. */
const volumesSql = `select tenant_id, client_id, sum(object_count) as volume from audit_events
  where at >= $1 and at < $2 and operation like 'read%' group by tenant_id, client_id having sum(object_count) > 0`
