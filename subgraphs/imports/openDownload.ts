import { Readable } from 'node:stream'
import { scopes } from '../../oneroster/scopes'
import { recordAudit } from '../../platform/audit'
import type { Download } from '../../platform/download'
import type { DownloadClaims, JobClaims } from '../../platform/downloadLink'
import { coded } from '../../platform/errors'
import type { ImportsContext } from './context'
import { findExportJob, standingOf } from './exports/exportJobs'
import { findImportJob } from './importJobs'
import { importReport } from './importReport'

/**
 * The file behind a link, which stands for the permission: who could not see the job got no link. Every download leaves its trail.
 * Throws UNKNOWN_OBJECT when the job, or its file, is not there any more.
 */
export async function openDownload(context: ImportsContext, claims: DownloadClaims): Promise<Download> {
  if (claims.kind === 'auditEvents') throw gone()
  await requireServed(context, claims.tenantId)
  const download = await (claims.kind === 'export' ? openExport(context, claims) : openReport(context, claims))
  const { database, identity } = context
  const act =
    claims.kind === 'export'
      ? { operation: 'downloadExport', objectKind: 'exportJob' }
      : { operation: 'downloadReport', objectKind: 'importJob' }
  try {
    await database.transaction(identity.tenantId, (client) =>
      recordAudit(client, identity, { ...act, objectIds: [claims.jobId] }),
    )
  } catch (error) {
    download.content.destroy()
    throw error
  }
  return download
}

/** A link says nothing of how its tenant stands today. */
async function requireServed({ database }: ImportsContext, tenantId: number): Promise<void> {
  const text = 'select 1 from tenants where tenant_id = $1 and suspended_at is null and deleting_at is null'
  if (!(await database.query(tenantId, text, [tenantId])).length) throw gone()
}

async function openExport(
  { database, storage }: ImportsContext,
  { tenantId, clientId, jobId }: JobClaims,
): Promise<Download> {
  // The client may have ended, or see less, since it got the link.
  const asking = await standingOf(database, { tenantId, clientId }, scopes.exports)
  const job = asking && (await findExportJob(database, asking, jobId))
  if (job?.state !== 'COMPLETED' || !job.storage_key || !job.file_name) throw gone()
  if (job.options.entities.includes('demographics') && !(await standingOf(database, asking!, scopes.demographics)))
    throw gone()
  // Storage would tell only once the first bytes are read, when the status is out.
  await storage.path(job.storage_key).catch(() => {
    throw gone()
  })
  return {
    fileName: job.file_name,
    contentType: 'application/zip',
    bytes: Number(job.file_bytes),
    content: storage.read(job.storage_key),
  }
}

async function openReport({ database }: ImportsContext, claims: JobClaims): Promise<Download> {
  const asking = await standingOf(database, claims, scopes.imports)
  // Who may see some schools only has no imports, whatever it had when it got the link.
  const job = asking && !asking.schools && (await findImportJob(database, claims.tenantId, claims.jobId))
  if (!job) throw gone()
  const text = Buffer.from(await importReport(database, claims.tenantId, job, claims))
  return {
    fileName: `import-${job.job_id}.csv`,
    contentType: 'text/csv; charset=utf-8',
    bytes: text.length,
    content: Readable.from([text], { objectMode: false }),
  }
}

function gone(): Error {
  return coded('UNKNOWN_OBJECT', 'The file is not there any more')
}
