import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { columnOf } from '../oneroster/fields'
import { entities, type EntityName } from '../oneroster/model'
import type { ExportOptions } from '../subgraphs/imports/exports/exportJob'
import { memoryOf, startProcess } from './processes'
import type { Hub } from './servers'
import { median } from './statistics'

/** Exports beside their floor, in seconds: the medians of some rounds. */
export interface ExportRun {
  /** COPY TO of the same rows, read and thrown away. */
  readonly floor: number
  /** From the claim of the job to its end: snapshot, CSV, ZIP and storage. */
  readonly seconds: number
  readonly rows: number
  /** The highest peak of a worker, MB. */
  readonly workerMemory: number | undefined
}

const longest = 10 * 60_000
/** One COPY takes from 4.4 to 7.7 s within minutes: floor and export take turns, so that a slow moment meets both. */
const rounds = 3
const options: ExportOptions = {
  ...{ profile: 'jp-k12-1.0', mode: 'bulk', since: null, schools: null, activeOnly: true },
  entities: Object.keys(entities) as EntityName[],
}

/** Exports the whole roster of a filled hub. Throws when the job does not complete. */
export async function measureExport(hub: Hub): Promise<ExportRun> {
  // Both read the same pages; the first reading, which may wait for a disk, is nobody's.
  await rawCopy(hub)
  const floors: number[] = []
  const runs: Omit<ExportRun, 'floor'>[] = []
  for (let round = 0; round < rounds; round++) {
    floors.push(await rawCopy(hub))
    runs.push(await oneExport(hub))
  }
  const { rows } = runs[0]!
  const workerMemory = Math.max(...runs.map((run) => run.workerMemory ?? NaN))
  return {
    ...{ floor: median(floors), seconds: median(runs.map(({ seconds }) => seconds)), rows },
    workerMemory: Number.isNaN(workerMemory) ? undefined : workerMemory,
  }
}

async function oneExport(hub: Hub): Promise<Omit<ExportRun, 'floor'>> {
  const jobId = randomUUID()
  const worker = await startProcess('subgraphs/imports/worker', hub.env)
  try {
    await hub.owner.query(
      `insert into export_jobs (tenant_id, job_id, state, options, created_by) values ($1, $2, 'QUEUED', $3, 'bench')`,
      [hub.tenantId, jobId, JSON.stringify(options)],
    )
    const { seconds, rows } = await ended(hub, jobId)
    return { seconds, rows, workerMemory: memoryOf(worker.pid)?.peak }
  } finally {
    await worker.stop()
  }
}

async function rawCopy(hub: Hub): Promise<number> {
  const client = new Client({ connectionString: hub.config.databaseWorkerUrl })
  await client.connect()
  try {
    const started = performance.now()
    for (const { table, fields } of Object.values(entities)) {
      const columns = fields.map((field) => `"${columnOf(field)}"`).join(', ')
      const rows = `select ${columns} from ${table} where tenant_id = ${hub.tenantId} and status = 'active'`
      await pipeline(client.query(copyTo(`copy (${rows}) to stdout (format csv)`)), nowhere())
    }
    return (performance.now() - started) / 1000
  } finally {
    await client.end()
  }
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })

async function ended({ owner }: Hub, jobId: string): Promise<{ seconds: number; rows: number }> {
  const deadline = Date.now() + longest
  while (Date.now() < deadline) {
    const { rows } = await owner.query<{ state: string; seconds: number; rows: number }>(
      `select state, extract(epoch from finished_at - started_at)::float as seconds, rows_written::integer as rows
       from export_jobs where job_id = $1`,
      [jobId],
    )
    const job = rows[0]!
    if (job.state === 'COMPLETED') return job
    if (!['QUEUED', 'RUNNING'].includes(job.state)) throw new Error(`The export ended as ${job.state}`)
    await sleep(50)
  }
  throw new Error(`The export had not ended after ${longest / 60_000} minutes`)
}
