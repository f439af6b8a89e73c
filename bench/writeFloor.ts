import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Client, Pool, type PoolClient } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { entities, type EntityName } from '../oneroster/model'
import { checkReferences } from '../subgraphs/imports/pipeline/checkReferences'
import { collectIssues } from '../subgraphs/imports/pipeline/issues'
import type { Run, StagedFile } from '../subgraphs/imports/pipeline/job'
import { mergeStaged } from '../subgraphs/imports/pipeline/mergeStaged'
import { openPackage } from '../subgraphs/imports/pipeline/openPackage'
import { parseRows } from '../subgraphs/imports/pipeline/parseRows'
import { startProgress } from '../subgraphs/imports/pipeline/progress'
import { readHeaders } from '../subgraphs/imports/pipeline/readHeaders'
import { readManifest } from '../subgraphs/imports/pipeline/readManifest'
import { directoryStorage } from '../subgraphs/imports/storage'
import { extractCsv, type District } from './district'
import { workFolder, type Hub } from './servers'

/** Seconds. */
export interface WriteFloor {
  copy: number
  merge: number
}

/** One step of the pipeline run alone, with the rows that went through it. */
export interface Step {
  readonly name: string
  readonly seconds: number
  readonly rows: number
}

export interface FloorRun {
  /** Raw COPY of the CSVs and the merge into the empty roster. */
  first(): Promise<WriteFloor>
  /** The same again, with every row merged before. */
  unchanged(): Promise<WriteFloor>
  /** The pipeline's steps, one after the other without the upload and the queue, as the floor needed them for its staging. */
  readonly steps: readonly Step[]
  close(): Promise<void>
}

/**
 * The floor of the write path, in a database of its own: PostgreSQL's COPY of the bare CSV files into unlogged tables of text, plus the very
 * merge of the pipeline, over staging tables that are filled beforehand and not counted.
 */
export async function prepareWriteFloor(hub: Hub, district: District): Promise<FloorRun> {
  const pool = new Pool({ connectionString: hub.config.databaseWorkerUrl, max: 2 })
  const client = await pool.connect()
  const csv = await extractCsv(district.bulk, path.join(workFolder, 'csv'))
  const steps: Step[] = []
  const staged = new Map<EntityName, StagedFile>()
  const record = (name: string, file: string, seconds: number) =>
    steps.push({ name: `${name} ${file}`, seconds, rows: district.rows[file.replace('.csv', '')] ?? 0 })
  const run = await makeRun(hub, client, pool, district.bulk, record)

  const merge = async () => {
    await hub.owner.query('checkpoint')
    const claimed = `update import_jobs set state = 'VALIDATING', claimed_by = $2, finished_at = null where job_id = $1`
    await hub.owner.query(claimed, [run.job.jobId, run.job.claim])
    return timed(() => mergeStaged(run, staged))
  }
  return {
    steps,
    async first() {
      const copy = await rawCopy(hub, csv)
      await stage(run, staged, steps, district)
      return { copy, merge: await merge() }
    },
    async unchanged() {
      return { copy: await rawCopy(hub, csv), merge: await merge() }
    },
    async close() {
      client.release()
      await pool.end()
    },
  }
}

/** Seconds for COPY of all files, into tables made for it. */
async function rawCopy(hub: Hub, files: ReadonlyMap<string, string>): Promise<number> {
  const client = new Client({ connectionString: hub.config.databaseWorkerUrl })
  await client.connect()
  try {
    const copies: { file: string; text: string }[] = []
    for (const [name, file] of files) {
      const table = `staging.raw_${name.replace('.csv', '').toLowerCase()}`
      const columns = (await headerOf(file)).map((column) => `"${column}" text`)
      await client.query(`drop table if exists ${table}; create unlogged table ${table} (${columns.join(', ')})`)
      copies.push({ file, text: `copy ${table} from stdin (format csv, header)` })
    }
    await hub.owner.query('checkpoint')
    return await timed(async () => {
      for (const { file, text } of copies)
        await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), client.query(copyFrom(text)))
    })
  } finally {
    await client.end()
  }
}

async function headerOf(file: string): Promise<string[]> {
  const handle = await open(file)
  try {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(16_384) })
    const line = buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)[0]!
    return line.split(',').map((cell) => cell.replaceAll('"', ''))
  } finally {
    await handle.close()
  }
}

/** Fills the staging tables as the worker does, and times each step. */
async function stage(run: Run, staged: Map<EntityName, StagedFile>, steps: Step[], district: District): Promise<void> {
  const contents = await openPackage(run)
  try {
    const { files, profile } = await readHeaders(run, await readManifest(run, contents))
    await run.at('parsing')
    await parseRows(run, files, profile, staged)
  } finally {
    contents.close()
  }
  const checking = await timed(() => checkReferences(run, staged))
  steps.push({ name: 'check references', seconds: checking, rows: district.totalRows })
  if (run.issues.errors)
    throw new Error(`The sample district has ${run.issues.errors} errors: ${JSON.stringify(run.issues.counts)}`)
}

type Record = (name: string, file: string, seconds: number) => void

/** A run of the pipeline without a worker around it. */
async function makeRun(hub: Hub, client: PoolClient, pool: Pool, zip: string, record: Record): Promise<Run> {
  const jobId = randomUUID()
  const { rows } = await hub.owner.query<{ source_id: number }>(
    `insert into sources (tenant_id, code, name) values ($1, 'default', 'default') returning source_id`,
    [hub.tenantId],
  )
  await hub.owner.query(
    `insert into import_jobs (tenant_id, job_id, state, file_name, created_by) values ($1, $2, 'QUEUED', 'bench.zip', 'bench')`,
    [hub.tenantId, jobId],
  )
  const options = { source: 'default', mode: 'bulk', onError: 'REJECT', dryRun: false } as const
  const file = { fileName: 'bulk.zip', storageKey: 'bench/bulk.zip', attempts: 1, confirmed: false }
  let since = performance.now()
  return {
    job: { tenantId: hub.tenantId, jobId, options, ...file, createdBy: 'bench', claim: 'bench' },
    sourceId: rows[0]!.source_id,
    client: timingClient(client, record),
    pool,
    storage: { ...directoryStorage(workFolder), path: async () => zip },
    issues: collectIssues(),
    progress: startProgress(),
    removalLimit: 0.2,
    signal: new AbortController().signal,
    async at(place) {
      const now = performance.now()
      if (place.startsWith('parsed ')) record('parse and stage', place.slice(7), (now - since) / 1000)
      since = now
    },
  }
}

/** Notes what each statement of the merge takes, by the file that it merges. */
function timingClient(client: PoolClient, record: Record): PoolClient {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
  const timing = (...args: unknown[]) => {
    const table =
      typeof args[0] === 'string' ? /^\s*(?:with merged as \(\s*)?insert into (\w+)/.exec(args[0])?.[1] : undefined
    const entity = Object.values(entities).find((candidate) => candidate.table === table)
    if (!entity) return query(...args)
    const started = performance.now()
    return query(...args).then((result) => {
      record('merge', entity.file, (performance.now() - started) / 1000)
      return result
    })
  }
  return new Proxy(client, {
    get: (target, name) => (name === 'query' ? timing : (Reflect.get(target, name) as unknown)),
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
