import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { graphql } from 'graphql'
import type { Identity } from '../../platform/identity'
import type { ImportHub } from '../imports/support'
import { identityOf } from '../support/roster'
import { parseCsv, readZip } from '../support/readPackage'
import { until } from '../support/until'

export interface ExportedJob {
  id: string
  state: string
  progress: number
  rowsWritten: number
  mode: string
  profile: string
  entities: string[]
  snapshotAt: string | null
  fileName: string | null
  fileBytes: number | null
  fileSha256: string | null
  files: { entity: string; file: string; mode: string; rows: number }[]
  issues: { code: string; severity: string; file: string; line: number | null; column: string | null; count: number }[]
  logId: string | null
}

export const exportFields = `id state progress rowsWritten mode profile entities snapshotAt fileName fileBytes fileSha256 logId
  files { entity file mode rows } issues { code severity file line column count }`

/** Asks the imports subgraph as a caller of the hub's tenant who may do everything, unless somebody else is given. */
export async function askAs(
  hub: ImportHub,
  source: string,
  variableValues: Record<string, unknown> = {},
  identity: Identity = identityOf(hub.tenantId),
): Promise<any> {
  const contextValue = hub.subgraph.contextFor(identity)
  const result = await graphql({ schema: hub.subgraph.schema, source, contextValue, variableValues })
  if (result.errors?.length) throw result.errors[0]!
  return result.data
}

export async function queueExport(
  hub: ImportHub,
  options: Record<string, unknown>,
  identity?: Identity,
): Promise<string> {
  const query = 'mutation ($options: ExportOptions!) { exportRoster(options: $options) { id } }'
  return (await askAs(hub, query, { options }, identity)).exportRoster.id
}

export async function exportJob(hub: ImportHub, id: string): Promise<ExportedJob> {
  return (await askAs(hub, `query ($id: ID!) { exportJob(id: $id) { ${exportFields} } }`, { id })).exportJob
}

/** Waits until the export is over. */
export async function exportEnded(hub: ImportHub, id: string): Promise<ExportedJob> {
  let job: ExportedJob | undefined
  const isOver = async () => !['QUEUED', 'RUNNING'].includes((job = await exportJob(hub, id)).state) && job
  return until(() => `the export is still ${job?.state}`, isOver, 30)
}

/** An export from beginning to end: the job, and the package as bytes. */
export async function runExport(
  hub: ImportHub,
  options: Record<string, unknown>,
): Promise<{ job: ExportedJob; path: string; bytes: Buffer }> {
  const job = await exportEnded(hub, await queueExport(hub, options))
  if (job.state !== 'COMPLETED') throw new Error(`the export is ${job.state}`)
  const path = join(hub.config.storageDir, 'exports', String(hub.tenantId), job.id)
  return { job, path, bytes: await readFile(path) }
}

/** Texts of the files of a package. */
export async function textsOf(path: string): Promise<Record<string, string>> {
  return Object.fromEntries((await readZip(path)).map(({ name, bytes }) => [name, bytes.toString()]))
}

/** Rows of one file of a package by column; none when the file is absent. */
export async function rowsOf(path: string, file: string): Promise<Record<string, string>[]> {
  const entry = (await readZip(path)).find(({ name }) => name === file)
  return entry ? parseCsv(entry.bytes) : []
}
