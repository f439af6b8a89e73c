import { issueMessage, type IssueCodeName } from '../../oneroster/issueCodes'
import { profiles } from '../../oneroster/csv'
import { scopes } from '../../oneroster/scopes'
import { coded } from '../../platform/errors'
import { requireScope } from '../../platform/identity'
import type { Resolvers } from '../../platform/subgraph'
import { GraphQLUpload } from 'graphql-upload-minimal'
import type { ImportsContext } from './context'
import { exportMutations, exportQueries, exportTypes } from './exports/exportResolvers'
import * as jobs from './importJobs'
import { loadIssues, type ImportIssueRow, type IssueFilter } from './importIssues'
import type { ImportJobRow } from './importJobs'
import { downloadUrl } from '../../platform/downloadUrl'
import { listSources, renameSource } from './importSources'
import { readPage, type PageArguments } from './page'
import { privacyMutations, privacyQueries, privacyTypes } from './privacy/privacyResolvers'
import { receiveUpload, type OptionsInput, type UploadedFile } from './receiveUpload'

type IssueArguments = PageArguments & IssueFilter

interface ReportArguments {
  language?: 'en' | 'ja' | null
  forExcel?: boolean | null
}

export const resolvers: Resolvers = {
  ...exportTypes,
  ...privacyTypes,
  Upload: GraphQLUpload,
  ImportProfile: {
    BASE_1_2: profiles['base-1.2'].id,
    BASE_1_2_1: profiles['base-1.2.1'].id,
    JP_2ND_EDITION: profiles['jp-2nd-edition'].id,
    JP_1_2_1: profiles['jp-1.2.1'].id,
    JP_K12_1_0: profiles['jp-k12-1.0'].id,
    ONEROSTER_1_1: 'or-1.1',
    ONEROSTER_1_0: 'or-1.0',
  },
  Query: {
    ...exportQueries,
    ...privacyQueries,
    importSources: (_root: unknown, _args: unknown, context: ImportsContext) =>
      listSources(context.database, tenantOf(context)),
    importJob: (_root: unknown, { id }: { id: string }, context: ImportsContext) => find(context, id),
    importJobs: (
      _root: unknown,
      args: PageArguments & { filter?: { state?: string[] | null; source?: string | null } | null },
      context: ImportsContext,
    ) => jobs.listImportJobs(context.database, tenantOf(context), args.filter ?? {}, readPage(args)),
  },
  Mutation: {
    ...exportMutations,
    ...privacyMutations,
    importRoster: async (
      _root: unknown,
      { file, options }: { file: Promise<UploadedFile>; options?: OptionsInput | null },
      context: ImportsContext,
    ) => {
      tenantOf(context)
      const upload = receiveUpload(context, file, options ?? {})
      context.uploads.add(upload)
      try {
        return await find(context, await upload)
      } finally {
        context.uploads.delete(upload)
      }
    },
    confirmImport: async (_root: unknown, { id }: { id: string }, context: ImportsContext) => {
      const job = await findOrThrow(context, id)
      if (!(await jobs.confirmHeld(context.database, context.identity, job.job_id))) {
        throw coded('CONFLICT', `Only an import in state HELD can be confirmed, ${unlessLater}`)
      }
      await context.bell.ring(job.job_id, context.identity.requestId)
      return find(context, id)
    },
    retryImport: async (_root: unknown, { id }: { id: string }, context: ImportsContext) => {
      const job = await findOrThrow(context, id)
      if (!(await jobs.retryFailed(context.database, context.identity, job.job_id))) {
        throw coded(
          'CONFLICT',
          `Only an import in state FAILED whose file is still kept can be run again, ${unlessLater}`,
        )
      }
      await context.bell.ring(job.job_id, context.identity.requestId)
      return find(context, id)
    },
    renameImportSource: async (
      _root: unknown,
      { code, name }: { code: string; name: string },
      context: ImportsContext,
    ) => {
      tenantOf(context)
      return renameSource(context.database, context.identity, code, name)
    },
    cancelImport: async (_root: unknown, { id }: { id: string }, context: ImportsContext) => {
      const job = await findOrThrow(context, id)
      if (!(await jobs.requestCancel(context.database, context.identity, job.job_id))) {
        throw coded('CONFLICT', 'The import is over already')
      }
      return find(context, id)
    },
  },
  ImportJob: {
    __resolveReference: ({ id }: { id: string }, context: ImportsContext) => find(context, id),
    id: (job: ImportJobRow) => job.job_id,
    bytesRead: (job: ImportJobRow) => Number(job.bytes_read),
    rowsRead: (job: ImportJobRow) => Number(job.rows_read),
    fileName: (job: ImportJobRow) => job.file_name,
    fileBytes: (job: ImportJobRow) => (job.file_bytes === null ? null : Number(job.file_bytes)),
    fileSha256: (job: ImportJobRow) => job.file_sha256,
    source: (job: ImportJobRow) => job.options.source,
    onError: (job: ImportJobRow) => job.options.onError,
    dryRun: (job: ImportJobRow) => job.options.dryRun,
    issues: (job: ImportJobRow, args: IssueArguments, context: ImportsContext) =>
      loadIssues(context, job.job_id, args, readPage(args)),
    sameAs: (job: ImportJobRow) => job.same_as,
    issueCounts: (job: ImportJobRow) => job.issue_counts,
    reportUrl: (job: ImportJobRow, { language, forExcel }: ReportArguments, context: ImportsContext) => {
      const { config, identity } = context
      const claims = { kind: 'importReport', tenantId: tenantOf(context), clientId: identity.clientId } as const
      return downloadUrl(config, {
        ...claims,
        jobId: job.job_id,
        language: language ?? 'en',
        forExcel: forExcel ?? false,
      })
    },
    createdBy: (job: ImportJobRow) => job.created_by,
    createdAt: (job: ImportJobRow) => job.created_at.toISOString(),
    startedAt: (job: ImportJobRow) => job.started_at?.toISOString(),
    finishedAt: (job: ImportJobRow) => job.finished_at?.toISOString(),
    logId: (job: ImportJobRow) => job.log_id,
    // Runs that workers died of, and runs that failed and said so.
    attempts: (job: ImportJobRow) => job.attempts + job.faults,
  },
  ImportIssue: {
    column: (issue: ImportIssueRow) => issue.column_name,
    message: (issue: ImportIssueRow, { language }: { language: 'en' | 'ja' }) =>
      issueMessage(issue.code as IssueCodeName, issue.parameters, language === 'ja' ? 'japanese' : 'english'),
  },
}

const unlessLater = 'unless a later import of the same source has been merged: then upload the file again'

/** The caller's tenant, once the caller is known to hold the scope of imports: every path into this subgraph goes through here. */
function tenantOf({ identity }: ImportsContext): number {
  requireScope(identity, scopes.imports)
  return identity.tenantId
}

function find(context: ImportsContext, id: string): Promise<ImportJobRow | undefined> {
  return jobs.findImportJob(context.database, tenantOf(context), id)
}

async function findOrThrow(context: ImportsContext, id: string): Promise<ImportJobRow> {
  const job = await find(context, id)
  if (!job) throw coded('UNKNOWN_OBJECT', 'There is no import with this id')
  return job
}
