import { entities } from '../../../oneroster/model'
import { issueMessage } from '../../../oneroster/issueCodes'
import { scopes } from '../../../oneroster/scopes'
import { coded } from '../../../platform/errors'
import { requireScope, type Identity } from '../../../platform/identity'
import type { Resolvers } from '../../../platform/subgraph'
import type { ImportsContext } from '../context'
import { downloadUrl } from '../../../platform/downloadUrl'
import { readPage, type PageArguments } from '../page'
import type { ExportIssue } from './exportJob'
import * as jobs from './exportJobs'
import type { ExportJobRow } from './exportJobs'
import { readExportOptions, type ExportOptionsInput } from './readExportOptions'

/** The part of the graph that exports; resolvers.ts joins it with that of imports. */
export const exportQueries = {
  exportJob: (_root: unknown, { id }: { id: string }, context: ImportsContext) => find(context, id),
  exportJobs: (
    _root: unknown,
    args: PageArguments & { filter?: { state?: string[] | null } | null },
    context: ImportsContext,
  ) => jobs.listExportJobs(context.database, asking(context), args.filter ?? {}, readPage(args)),
}

export const exportMutations = {
  exportRoster: async (_root: unknown, { options }: { options: ExportOptionsInput }, context: ImportsContext) => {
    const identity = asking(context)
    const read = readExportOptions(options, identity)
    if (read.schools) {
      const unknown = await jobs.countUnknownOrgs(context.database, identity, read.schools)
      if (unknown) throw coded('INVALID_DATA', `schools: ${unknown} of them are no active orgs`, { field: 'schools' })
    }
    const id = await jobs.insertExport(context.database, identity, read)
    await context.bell.ring(id, identity.requestId)
    return find(context, id)
  },
  cancelExport: async (_root: unknown, { id }: { id: string }, context: ImportsContext) => {
    const job = await find(context, id)
    if (!job) throw coded('UNKNOWN_OBJECT', 'There is no export with this id')
    if (!(await jobs.cancelOpen(context.database, asking(context), job.job_id))) {
      throw coded('CONFLICT', 'The export is over already')
    }
    return find(context, id)
  },
}

export const exportTypes: Resolvers = {
  ExportEntity: Object.fromEntries(Object.values(entities).map(({ collection, name }) => [collection, name])),
  ExportJob: {
    __resolveReference: ({ id }: { id: string }, context: ImportsContext) => find(context, id),
    id: (job: ExportJobRow) => job.job_id,
    rowsWritten: (job: ExportJobRow) => Number(job.rows_written),
    profile: (job: ExportJobRow) => job.options.profile,
    mode: (job: ExportJobRow) => job.options.mode,
    since: (job: ExportJobRow) => job.options.since,
    entities: (job: ExportJobRow) => job.options.entities,
    schools: (job: ExportJobRow) => job.options.schools,
    activeOnly: (job: ExportJobRow) => job.options.activeOnly,
    visibleSchools: (job: ExportJobRow) => job.visible_schools,
    snapshotAt: (job: ExportJobRow) => job.snapshot_at?.toISOString(),
    fileName: (job: ExportJobRow) => job.file_name,
    fileBytes: (job: ExportJobRow) => (job.file_bytes === null ? null : Number(job.file_bytes)),
    fileSha256: (job: ExportJobRow) => job.file_sha256,
    downloadUrl: (job: ExportJobRow, _args: unknown, context: ImportsContext) => {
      const { tenantId, clientId } = asking(context)
      if (job.state !== 'COMPLETED') return null
      // Whoever exported could read them; whoever fetches the package must be able to as well.
      if (job.options.entities.includes('demographics')) requireScope(context.identity, scopes.demographics)
      return downloadUrl(context.config, { kind: 'export', tenantId, clientId, jobId: job.job_id })
    },
    expiresAt: (job: ExportJobRow, _args: unknown, { config }: ImportsContext) =>
      job.state === 'COMPLETED' ? daysAfter(job.finished_at!, config.exportDays).toISOString() : null,
    createdBy: (job: ExportJobRow) => job.created_by,
    createdAt: (job: ExportJobRow) => job.created_at.toISOString(),
    startedAt: (job: ExportJobRow) => job.started_at?.toISOString(),
    finishedAt: (job: ExportJobRow) => job.finished_at?.toISOString(),
    logId: (job: ExportJobRow) => job.log_id,
  },
  ExportIssue: {
    message: (issue: ExportIssue, { language }: { language: 'en' | 'ja' }) =>
      issueMessage(issue.code, issue.parameters, language === 'ja' ? 'japanese' : 'english'),
  },
}

/** The caller, once it is known to hold the scope of exports: every path to an export goes through here. */
function asking({ identity }: ImportsContext): Identity {
  requireScope(identity, scopes.exports)
  return identity
}

function daysAfter(day: Date, days: number): Date {
  return new Date(day.getTime() + days * 86_400_000)
}

function find(context: ImportsContext, id: string): Promise<ExportJobRow | undefined> {
  return jobs.findExportJob(context.database, asking(context), id)
}
