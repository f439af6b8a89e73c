import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { graphql } from 'graphql'
import { Upload } from 'graphql-upload-minimal'
import type { Pool } from 'pg'
import { ZipFile } from 'yazl'
import { packageFiles } from '../../oneroster/csv'
import { entityByFile } from '../../oneroster/model'
import { definedColumns } from '../../oneroster/csv'
import { readConfig, type Config } from '../../platform/config'
import { openDatabase, type Database } from '../../platform/database'
import type { Subgraph } from '../../platform/subgraph'
import { createImportsSubgraph } from '../../subgraphs/imports/server'
import { startWorker } from '../../subgraphs/imports/worker'
import { createTestDatabase, openPool, type TestDatabase } from '../support/database'
import { createTenant, identityOf } from '../support/roster'
import { until } from '../support/until'

/** Rows by column, or the text of a whole file. */
export type FileContent = readonly Record<string, string>[] | string | Buffer

export interface PackageOptions {
  /** Mode of each file, `bulk` unless said otherwise. */
  readonly modes?: Record<string, 'bulk' | 'delta' | 'absent'>
  readonly version?: string
  /** Extension columns by file. */
  readonly extensions?: Record<string, readonly string[]>
  /** Replaces or removes (undefined) properties of the manifest. */
  readonly manifest?: Record<string, string | undefined>
}

/** A package as a sender would make it: a manifest and one CSV for each file given. */
export function packageOf(files: Record<string, FileContent>, options: PackageOptions = {}): Promise<Buffer> {
  const properties: Record<string, string | undefined> = {
    'manifest.version': '1.0',
    'oneroster.version': options.version ?? '1.2',
    ...Object.fromEntries(
      packageFiles.map((name) => [
        `file.${name}`,
        options.modes?.[`${name}.csv`] ?? (`${name}.csv` in files ? 'bulk' : 'absent'),
      ]),
    ),
    ...options.manifest,
  }
  const manifest = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name},${value}`],
  )
  return zipOf({
    'manifest.csv': ['propertyName,value', ...manifest].join('\r\n') + '\r\n',
    ...Object.fromEntries(
      Object.entries(files).map(([name, content]) => [
        name,
        Array.isArray(content) ? csvOf(name, content, options.extensions?.[name]) : (content as string | Buffer),
      ]),
    ),
  })
}

export function csvOf(
  file: string,
  rows: readonly Record<string, string>[],
  extensions: readonly string[] = [],
): string {
  const columns = [...definedColumns(entityByFile.get(file)!), ...extensions]
  const quoted = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
  return (
    [
      columns.map((column) => (/[",]/.test(column) ? quoted([column]) : column)).join(','),
      ...rows.map((row) => quoted(columns.map((column) => row[column] ?? ''))),
    ].join('\r\n') + '\r\n'
  )
}

export async function zipOf(entries: Record<string, string | Buffer>): Promise<Buffer> {
  const zip = new ZipFile()
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(Buffer.from(content as string), name)
  zip.end()
  return buffer(zip.outputStream as Readable)
}

export interface ImportedJob {
  id: string
  state: string
  progress: number
  step: string | null
  profile: string | null
  rowsRead: number
  logId: string | null
  sameAs: string | null
  failure: string | null
  attempts: number
  files: {
    file: string
    mode: string
    read: number
    created: number
    updated: number
    unchanged: number
    removed: number
    rejected: number
  }[]
  issues: {
    total: number
    items: {
      code: string
      severity: string
      file: string | null
      line: number | null
      column: string | null
      message: string
    }[]
  }
  issueCounts: { code: string; severity: string; file: string | null; count: number }[]
}

export interface ImportHub {
  readonly config: Config
  readonly database: TestDatabase
  readonly app: Database
  readonly subgraph: Subgraph
  readonly tenantId: number
  /** Connection of the owner, who sees everything. */
  readonly owner: Pool
  upload(bytes: Buffer | Readable, options?: Record<string, unknown>, fileName?: string): Promise<string>
  job(id: string): Promise<ImportedJob>
  /** Waits until the job is in one of the states; by default until it is over or held. */
  ended(id: string, states?: readonly string[]): Promise<ImportedJob>
  /** Uploads and waits for the end. */
  run(bytes: Buffer, options?: Record<string, unknown>, fileName?: string): Promise<ImportedJob>
  mutate(field: 'confirmImport' | 'cancelImport' | 'retryImport', id: string): Promise<ImportedJob>
  /** Asks the imports subgraph as the administrator of the tenant. */
  ask<T>(source: string, variables?: Record<string, unknown>): Promise<T>
  close(): Promise<void>
}

const jobFields = `id state progress step profile rowsRead logId sameAs failure attempts
  files { file mode read created updated unchanged removed rejected }
  issues(limit: 1000) { total items { code severity file line column message } }
  issueCounts { code severity file count }`

const over = ['COMPLETED', 'REJECTED', 'FAILED', 'CANCELLED', 'HELD']

/** A migrated database of its own, storage in a temporary folder and the imports subgraph; a worker if wanted, else the test starts them. */
export async function createImportHub(
  environment: Record<string, string> = {},
  { worker: isWorking = false } = {},
): Promise<ImportHub> {
  const database = await createTestDatabase()
  const storageDir = mkdtempSync(join(tmpdir(), 'rosterhub-imports-'))
  const env = { ...database.env, STORAGE_DIR: storageDir, ...environment }
  // Port 0: the system chooses.
  const config: Config = { ...readConfig(env), ports: { ...readConfig(env).ports, worker: 0 } }
  const app = await openDatabase(database.appUrl, { poolSize: 4, entities: [] })
  const subgraph = createImportsSubgraph({ config, database: app })
  const owner = openPool(database.ownerUrl, 3)
  const tenantId = await createTenant(database.ownerUrl, 'board')
  const worker = isWorking ? await startWorker(config) : undefined

  async function ask<T>(source: string, variableValues: Record<string, unknown>): Promise<T> {
    // Each request has one of its own, with what it has loaded.
    const contextValue = subgraph.contextFor(identityOf(tenantId))
    const result = await graphql({ schema: subgraph.schema, source, contextValue, variableValues })
    if (result.errors?.length) throw result.errors[0]!
    return result.data as T
  }
  const hub: ImportHub = {
    config,
    ask: (source, variables = {}) => ask(source, variables),
    database,
    app,
    subgraph,
    tenantId,
    owner,
    async upload(bytes, options, fileName = 'roster.zip') {
      const upload = new Upload()
      ;(upload as unknown as { resolve(file: object): void }).resolve({
        fieldName: 'file',
        filename: fileName,
        mimetype: 'application/zip',
        encoding: '7bit',
        createReadStream: () => (Buffer.isBuffer(bytes) ? Readable.from([bytes], { objectMode: false }) : bytes),
      })
      const query = `mutation ($file: Upload!, $options: ImportOptions) { importRoster(file: $file, options: $options) { id } }`
      return (await ask<{ importRoster: { id: string } }>(query, { file: upload, options })).importRoster.id
    },
    job: async (id) =>
      (await ask<{ importJob: ImportedJob }>(`query ($id: ID!) { importJob(id: $id) { ${jobFields} } }`, { id }))
        .importJob,
    async ended(id, states = over) {
      let job: ImportedJob | undefined
      const isThere = async () => states.includes((job = await hub.job(id)).state) && job
      return until(() => `the import is still ${job?.state}, ${job?.step}`, isThere, 30)
    },
    run: async (bytes, options, fileName) => hub.ended(await hub.upload(bytes, options, fileName)),
    mutate: async (field, id) =>
      (await ask<Record<string, ImportedJob>>(`mutation ($id: ID!) { ${field}(id: $id) { ${jobFields} } }`, { id }))[
        field
      ]!,
    async close() {
      await worker?.close()
      await subgraph.close()
      await app.close()
      await owner.end()
      await database.drop()
      rmSync(storageDir, { recursive: true, force: true })
    },
  }
  return hub
}
