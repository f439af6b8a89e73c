import type { PoolClient } from 'pg'
import type { ExportJob, ExportOptions } from './exportJob'

/** What is known of the state that the export shows. */
export interface Snapshot {
  /** The tenant's last stamp: whatever is changed later has a later one, so this is where the next delta begins. */
  readonly stamp: Date
  readonly fileName: string
  readonly tenant: string
}

/**
 * Opens the snapshot: one repeatable-read transaction for all files, so that an import that ends meanwhile is in none of them. The caller
 * ends the transaction.
 */
export async function openSnapshot(client: PoolClient, { tenantId, options }: ExportJob): Promise<Snapshot> {
  await client.query('begin isolation level repeatable read')
  // Ids of a district's users fit into one hash; the planner's compiler costs more than it gives on statements that run once.
  await client.query(`set local work_mem = '96MB'; set local jit = off; set local datestyle = 'ISO, YMD'`)
  const { rows } = await client.query<{ stamp: Date; day: string; tenant: string }>(
    `select coalesce(s.stamp, now()) as stamp, to_char(now() at time zone 'Asia/Tokyo', 'YYYYMMDD') as day, t.code as tenant
     from tenants t left join roster_state s on s.tenant_id = t.tenant_id where t.tenant_id = $1`,
    [tenantId],
  )
  const { stamp, day, tenant } = rows[0]!
  return { stamp, tenant, fileName: `RO_${day}_${(await codeOf(client, tenantId, options)) ?? tenant}.zip` }
}

/**
 * The code in the package's name: 学校コード of the one school, else 教育委員会コード of the one district (Japan profile section 2). Undefined
 * where there is none or no single one. The day beside it is the day in Japan: at six in the morning there UTC still has yesterday.
 */
async function codeOf(client: PoolClient, tenantId: number, { schools }: ExportOptions): Promise<string | undefined> {
  const isOneSchool = schools?.length === 1
  const { rows } = await client.query<{ identifier: string | null }>(
    `select identifier from orgs where tenant_id = $1 and status = 'active'
       and case when $2::text is null then type = 'district' else sourced_id = $2 end limit 2`,
    [tenantId, isOneSchool ? schools[0] : null],
  )
  const code = rows.length === 1 ? rows[0]!.identifier : null
  return code && /^[A-Za-z0-9-]{1,40}$/.test(code) ? code : undefined
}
