import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { PoolClient } from 'pg'
import { ZipFile } from 'yazl'
import { recordAudit } from '../../../platform/audit'
import { coded } from '../../../platform/errors'
import type { ImportsContext } from '../context'

export interface PersonReport {
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string
  readonly content: string
}

/** Of a trail that is longer, the newest events; a person would have to be read for years to come here. */
const mostEvents = 10_000

/**
 * Everything held on one person of the caller's tenant, as a ZIP of JSON files. It is answered and stored nowhere: a copy on disk would be one
 * more thing to erase. Throws UNKNOWN_OBJECT.
 */
export async function personReport(
  { database, identity }: ImportsContext,
  userSourcedId: string,
): Promise<PersonReport> {
  const { tenantId } = identity
  const files = await database.transaction(tenantId, async (client) => {
    // All parts as of the same moment.
    await client.query(`set transaction isolation level repeatable read; set local statement_timeout = '5min'`)
    const found: Record<string, unknown> = {}
    for (const [name, sql] of Object.entries(parts)) found[name] = await rowsOf(client, sql, tenantId, userSourcedId)
    if (!(found['user.json'] as unknown[]).length) {
      throw coded('UNKNOWN_OBJECT', 'Unknown Object: there is no user with this sourcedId')
    }
    const objectIds = [userSourcedId]
    await recordAudit(client, identity, { operation: 'personReport', objectKind: 'user', objectIds })
    return found
  })
  const about = { tenant: identity.tenant, userSourcedId, madeAt: new Date().toISOString(), ...explanation }
  const zip = await zipOf({ 'about.json': about, ...files })
  return {
    fileName: `person-report-${new Date().toISOString().slice(0, 10)}.zip`,
    bytes: zip.length,
    sha256: createHash('sha256').update(zip).digest('hex'),
    content: zip.toString('base64'),
  }
}

const explanation = {
  ja: 'この人物についてRosterHubが保持するすべての情報です。passwordは値を開示せず、有無のみ示します。uploads.jsonのファイルは取り込まれた名簿の原本で、この人物が含まれる可能性があります。',
  en: 'Everything RosterHub holds on this person. Of passwords only whether there is one is told. The files in uploads.json are rosters as they were sent, which may hold the person; exports.json the same for exports.',
}

/** One question for each file; $1 is the tenant, $2 the person. Each answers a list of JSON objects. */
const record = (alias: string) => `to_jsonb(${alias}) - 'tenant_id' - 'source_id' - 'document'
  || jsonb_build_object('source', (select s.code from sources s where s.tenant_id = ${alias}.tenant_id and s.source_id = ${alias}.source_id))`
const withoutPassword = (alias: string) =>
  `(${record(alias)}) - 'password' - 'email_lower' || jsonb_build_object('holdsPassword', ${alias}.password is not null)`

const parts: Readonly<Record<string, string>> = {
  'user.json': `select ${withoutPassword('t')} as row from users t where t.tenant_id = $1 and t.sourced_id = $2`,
  'roles.json': `select ${record('t')} || jsonb_build_object('org_name', o.name) as row
    from roles t left join orgs o on o.tenant_id = t.tenant_id and o.sourced_id = t.org_sourced_id
    where t.tenant_id = $1 and t.user_sourced_id = $2 order by t.sourced_id`,
  'userProfiles.json': `select ${withoutPassword('t')} as row
    from user_profiles t where t.tenant_id = $1 and t.user_sourced_id = $2 order by t.sourced_id`,
  'demographics.json': `select ${record('t')} as row from demographics t where t.tenant_id = $1 and t.sourced_id = $2`,
  'enrollments.json': `select ${record('t')} || jsonb_build_object('class_title', c.title, 'school_name', o.name) as row
    from enrollments t left join classes c on c.tenant_id = t.tenant_id and c.sourced_id = t.class_sourced_id
    left join orgs o on o.tenant_id = t.tenant_id and o.sourced_id = t.school_sourced_id
    where t.tenant_id = $1 and t.user_sourced_id = $2 order by t.sourced_id`,
  // The other persons are named by their keys alone: this is not a report on them.
  'agents.json': `select jsonb_build_object(
      'agents', (select coalesce(agent_sourced_ids, '{}') from users where tenant_id = $1 and sourced_id = $2),
      'agentOf', (select coalesce(array_agg(sourced_id order by sourced_id), '{}') from users
        where tenant_id = $1 and $2 = any (agent_sourced_ids))) as row`,
  'uploads.json': `select jsonb_build_object('import', job_id, 'fileName', file_name, 'state', state, 'receivedAt', created_at,
      'sha256', file_sha256) as row
    from import_jobs where tenant_id = $1 and storage_key is not null and $2::text is not null order by created_at`,
  'exports.json': `select jsonb_build_object('export', job_id, 'fileName', file_name, 'madeAt', finished_at, 'sha256', file_sha256) as row
    from export_jobs where tenant_id = $1 and storage_key is not null and $2::text is not null order by created_at`,
  // Issues name lines of files, never a record; these are the jobs whose rows may be staged at this moment.
  'importsUnderWay.json': `select jsonb_build_object('import', job_id, 'state', state) as row
    from import_jobs where tenant_id = $1 and state in ('RECEIVED', 'QUEUED', 'VALIDATING', 'HELD', 'MERGING') and $2::text is not null`,
  'auditEvents.json': `select to_jsonb(e) - 'tenant_id' - 'object_ids' - 'parent_ids' as row from audit_events e
    where e.tenant_id = $1 and ($2 = any (e.object_ids) or $2 = any (e.parent_ids)) order by e.at desc limit ${mostEvents}`,
}

async function rowsOf(client: PoolClient, sql: string, tenantId: number, person: string): Promise<unknown[]> {
  const { rows } = await client.query<{ row: unknown }>(sql, [tenantId, person])
  return rows.map(({ row }) => row)
}

function zipOf(files: Record<string, unknown>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(files))
    zip.addBuffer(Buffer.from(JSON.stringify(content, null, 2)), name)
  zip.end()
  return buffer(zip.outputStream as Readable)
}
