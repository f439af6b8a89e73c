import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { ProfileId } from '../../oneroster/csv'
import type { OlderId } from '../../oneroster/csv11'
import { coded } from '../../platform/errors'
import type { ImportsContext } from './context'
import { beatReceived, insertReceived, markQueued, markUploadBroken } from './importJobs'
import type { FileMode, ImportOptions } from './pipeline/job'

/** ImportOptions as GraphQL gives them: enum values are already those of this module (resolvers.ts). */
export interface OptionsInput {
  readonly source?: string | null
  readonly profile?: ProfileId | OlderId | null
  readonly mode?: FileMode | null
  readonly onError?: 'REJECT' | 'SKIP' | null
  readonly dryRun?: boolean | null
  readonly force?: boolean | null
}
/** What graphql-upload-minimal hands over. */
export interface UploadedFile {
  readonly filename: string
  createReadStream(): Readable
}

const beatMilliseconds = 10_000

/**
 * Takes an upload: row RECEIVED, bytes to storage, row QUEUED, bell. Bytes are never whole in memory. Answers the job's id.
 * A connection cut or a file too large leaves no bytes behind and the job CANCELLED; throws UPLOAD_BROKEN, UPLOAD_TOO_LARGE, INVALID_DATA,
 * SERVER_BUSY.
 */
export async function receiveUpload(
  { identity, database, storage, bell, config }: ImportsContext,
  upload: Promise<UploadedFile>,
  input: OptionsInput,
): Promise<string> {
  const file = await upload
  const options = readOptions(input)
  const jobId = randomUUID()
  const storageKey = `uploads/${identity.tenantId}/${jobId}`
  const job = { jobId, fileName: file.filename.slice(-255), storageKey, options }
  await insertReceived(database, identity, job, config.uploadsPerClient)
  const beat = setInterval(() => {
    beatReceived(database, identity.tenantId, jobId).catch(() => undefined)
  }, beatMilliseconds)
  try {
    const written = await storage.write(storageKey, file.createReadStream(), config.maxUploadBytes)
    if (!(await markQueued(database, identity.tenantId, jobId, written))) await storage.delete(storageKey)
  } catch (error) {
    await storage.delete(storageKey)
    await markUploadBroken(database, identity.tenantId, jobId)
    throw error
  } finally {
    clearInterval(beat)
  }
  // A bell that does not ring loses nothing: the workers' sweep finds the row.
  await bell.ring(jobId, identity.requestId)
  return jobId
}

function readOptions(input: OptionsInput): ImportOptions {
  const source = input.source ?? 'default'
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(source)) {
    throw coded('INVALID_DATA', 'source must be 1 to 63 lower-case letters, digits and hyphens', { field: 'source' })
  }
  return {
    source,
    ...(input.profile ? { profile: input.profile } : {}),
    ...(input.mode ? { mode: input.mode } : {}),
    onError: input.onError ?? 'REJECT',
    dryRun: input.dryRun ?? false,
    ...(input.force ? { force: true } : {}),
  }
}
