import type { PoolClient } from 'pg'

/**
 * The tenant's next stamp. Its row stays locked until commit, so stamps are committed in the order in which they were taken, and who holds it
 * is the only one who writes to the tenant's roster: imports, single writes, erasing and housekeeping all take it first.
 */
export async function nextStamp(client: PoolClient, tenantId: number): Promise<Date> {
  const { rows } = await client.query<{ stamp: Date }>(
    // A roster that begins here has no metadata yet (metadataKeys.ts).
    `insert into roster_state (tenant_id, stamp, metadata_keys) values ($1, date_trunc('milliseconds', clock_timestamp()), '{}')
       on conflict (tenant_id) do update
       set stamp = greatest(excluded.stamp, roster_state.stamp + interval '1 millisecond') returning stamp`,
    [tenantId],
  )
  return rows[0]!.stamp
}
