import type { PoolClient } from 'pg'
import { entities } from '../../../oneroster/model'
import { restrictTransaction } from '../../../platform/database'
import type { ExportJob } from './exportJob'

/** What is known of the state that the export shows. */
export interface Snapshot {
  /** The tenant's last stamp: whatever is changed later has a later one, so this is where the next delta begins. */
  readonly stamp: Date
  readonly fileName: string
  readonly tenant: string
  /** The keys that metadata may have, as `entity.key`; undefined: any. */
  readonly metadataKeys: readonly string[] | undefined
}

/**
 * Opens the snapshot: one repeatable-read transaction for all files, so that an import that ends meanwhile is in none of them. From here on the
 * names of the roster tables mean what the job may show. The caller ends the transaction.
 */
export async function openSnapshot(client: PoolClient, job: ExportJob): Promise<Snapshot> {
  const { tenantId, visibleSchools, options } = job
  await client.query('begin isolation level repeatable read')
  const { rows } = await client.query<{
    stamp: Date
    made: Date
    day: string
    tenant: string
    keys: string[] | null
  }>(
    // A first import that is still under way has its stamp already, and it is not to be seen here.
    `select coalesce(s.stamp, t.created_at) as stamp, t.created_at as made, to_char(now() at time zone 'Asia/Tokyo', 'YYYYMMDD') as day,
       t.code as tenant, s.metadata_keys as keys
     from tenants t left join roster_state s on s.tenant_id = t.tenant_id where t.tenant_id = $1`,
    [tenantId],
  )
  const { stamp, made, day, tenant, keys } = rows[0]!
  await restrictTransaction(client, tenantId, visibleSchools ?? undefined)
  // Ids of a district's users fit into one hash; the planner's compiler costs more than it gives on statements that run once.
  await client.query(`set local work_mem = '96MB'; set local jit = off; set local datestyle = 'ISO, YMD'`)
  const code = (await codeOf(client, tenantId, options.schools ?? visibleSchools)) ?? tenant
  const shown = visibleSchools ? ((await lastVisibleStamp(client, tenantId)) ?? made) : stamp
  // Other schools' keys are not told to who may see some schools only.
  const metadataKeys = visibleSchools ? undefined : (keys ?? undefined)
  return { stamp: shown, tenant, metadataKeys, fileName: `RO_${day}_${code}.zip` }
}

/**
 * When something changed elsewhere is not told to who may see some schools only. The last stamp it sees does as well: whatever is committed later
 * has a later one. Undefined when it sees nothing.
 */
async function lastVisibleStamp(client: PoolClient, tenantId: number): Promise<Date | undefined> {
  const lasts = Object.values(entities).map(
    ({ table }) => `(select max(date_last_modified) from ${table} where tenant_id = $1)`,
  )
  const { rows } = await client.query<{ stamp: Date | null }>(`select greatest(${lasts.join(', ')}) as stamp`, [
    tenantId,
  ])
  return rows[0]!.stamp ?? undefined
}

/**
 * The code in the package's name: 学校コード of the one school, else 教育委員会コード of the one district (Japan profile section 2). Undefined
 * where there is none or no single one. The day beside it is the day in Japan: at six in the morning there UTC still has yesterday.
 */
async function codeOf(
  client: PoolClient,
  tenantId: number,
  schools: readonly string[] | null,
): Promise<string | undefined> {
  const isOneSchool = schools?.length === 1
  const { rows } = await client.query<{ identifier: string | null }>(
    `select identifier from orgs where tenant_id = $1 and status = 'active'
       and case when $2::text is null then type = 'district' else sourced_id = $2 end limit 2`,
    [tenantId, isOneSchool ? schools[0] : null],
  )
  const code = rows.length === 1 ? rows[0]!.identifier : null
  return code && /^[A-Za-z0-9-]{1,40}$/.test(code) ? code : undefined
}
