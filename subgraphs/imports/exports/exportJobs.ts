import { randomUUID } from 'node:crypto'
import { recordAudit } from '../../../platform/audit'
import type { Database } from '../../../platform/database'
import type { Identity } from '../../../platform/identity'
import type { ExportedFile, ExportIssue, ExportOptions } from './exportJob'

/** A row of export_jobs, as serving processes see it. */
export interface ExportJobRow {
  readonly job_id: string
  readonly state: string
  readonly options: ExportOptions
  readonly visible_schools: readonly string[] | null
  readonly progress: number
  readonly rows_written: string
  readonly snapshot_at: Date | null
  readonly file_name: string | null
  readonly storage_key: string | null
  readonly file_bytes: string | null
  readonly file_sha256: string | null
  readonly files: readonly ExportedFile[]
  readonly issues: readonly ExportIssue[]
  readonly log_id: string | null
  readonly created_by: string
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}

/**
 * Queues an export, with its trail in the same transaction and with what its client may see. Answers the job's id; a worker finds it whether the
 * bell rings or not.
 */
export async function insertExport(database: Database, identity: Identity, options: ExportOptions): Promise<string> {
  const jobId = randomUUID()
  await database.transaction(identity.tenantId, async (client) => {
    await client.query(
      `insert into export_jobs (tenant_id, job_id, state, options, created_by, visible_schools) values ($1, $2, 'QUEUED', $3, $4, $5)`,
      [identity.tenantId, jobId, JSON.stringify(options), identity.clientId, identity.schools ?? null],
    )
    await recordAudit(client, identity, { operation: 'exportRoster', objectKind: 'exportJob', objectIds: [jobId] })
  })
  return jobId
}

/** Who asks for exports. */
export type Asking = Pick<Identity, 'tenantId' | 'clientId' | 'schools'>

/**
 * A client with schools knows its own exports only, and of those the ones that show no more than its schools of today: $1 is the tenant, $2 the
 * client, $3 its schools.
 */
const isTheirs = `tenant_id = $1 and ($3::text[] is null or created_by = $2 and visible_schools <@ $3::text[])`
const asked = ({ tenantId, clientId, schools }: Asking) => [tenantId, clientId, schools ?? null]

export async function findExportJob(
  database: Database,
  asking: Asking,
  jobId: string,
): Promise<ExportJobRow | undefined> {
  if (!/^[0-9a-f-]{36}$/i.test(jobId)) return undefined
  const text = `select * from export_jobs where ${isTheirs} and job_id::text = lower($4)`
  const [row] = await database.query<ExportJobRow>(asking.tenantId, text, [...asked(asking), jobId])
  return row
}

/**
 * Who asked for a link, as this client stands by now; undefined when it has ended or lost the scope. A client that is no row has asked from a
 * command line.
 */
export async function standingOf(
  database: Database,
  { tenantId, clientId }: Asking,
  scope: string,
): Promise<Asking | undefined> {
  const [client] = await database.query<{ schools: string[] | null; ended: boolean }>(
    tenantId,
    `select schools, (revoked_at is not null or coalesce(expires_at <= now(), false) or not $3 = any(scopes)) as ended
     from api_clients where tenant_id = $1 and client_id = $2`,
    [tenantId, clientId, scope],
  )
  if (client?.ended) return undefined
  return { tenantId, clientId, ...(client?.schools ? { schools: client.schools } : {}) }
}

export async function listExportJobs(
  database: Database,
  asking: Asking,
  filter: { state?: readonly string[] | null },
  page: { limit: number; offset: number },
): Promise<{ items: ExportJobRow[]; total: number }> {
  const { tenantId } = asking
  const where = `${isTheirs} and ($4::text[] is null or state = any($4))`
  const values = [...asked(asking), filter.state ?? null]
  const items = await database.query<ExportJobRow>(
    tenantId,
    `select * from export_jobs where ${where} order by created_at desc, job_id limit $5 offset $6`,
    [...values, page.limit, page.offset],
  )
  const [count] = await database.query<{ total: number }>(
    tenantId,
    `select count(*)::integer as total from export_jobs where ${where}`,
    values,
  )
  return { items, total: count!.total }
}

/**
 * Ends an export that is not over yet, with its audit event; answers whether it was not. Its worker notices with its next beat that the job is
 * not its own any more, and nobody else can claim it: there is nothing that a crash could leave half done.
 */
export function cancelOpen(database: Database, identity: Identity, jobId: string): Promise<boolean> {
  return database.transaction(identity.tenantId, async (client) => {
    const { rowCount } = await client.query(
      `update export_jobs set state = 'CANCELLED', finished_at = now(), claimed_by = null, beat_at = null
       where ${isTheirs} and job_id = $4 and state in ('QUEUED', 'RUNNING')`,
      [...asked(identity), jobId],
    )
    const event = { operation: 'cancelExport', objectKind: 'exportJob', objectIds: [jobId] }
    if (rowCount) await recordAudit(client, identity, event)
    return rowCount === 1
  })
}

/** How many of the sourcedIds are no active org that the caller may see. */
export async function countUnknownOrgs(
  database: Database,
  { tenantId, schools }: Asking,
  sourcedIds: readonly string[],
): Promise<number> {
  const seen = schools ? database.restrictedTo(schools) : database
  const [row] = await seen.query<{ unknown: number }>(
    tenantId,
    `select count(*)::integer as unknown from unnest($2::text[]) as wanted(id)
     where not exists (select from orgs where tenant_id = $1 and sourced_id = wanted.id collate "C" and status = 'active')`,
    [tenantId, sourcedIds],
  )
  return row!.unknown
}
