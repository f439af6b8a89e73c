import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startProcess, memoryOf, watchMemory } from './processes'
import type { Hub } from './servers'

/** One import as an admin sees it. */
export interface ImportRun {
  /** From the first byte sent to the job's end. */
  readonly seconds: number
  /** Until the upload was answered. */
  readonly uploadSeconds: number
  /** Peak of the worker, MB. */
  readonly workerMemory: number | undefined
  /** How far the serving process rose while the bytes came, MB. */
  readonly uploadMemory: number | undefined
  readonly files: readonly {
    entity: string
    read: number
    created: number
    updated: number
    unchanged: number
    removed: number
  }[]
}

const longestImport = 20 * 60_000
const over = ['HELD', 'COMPLETED', 'REJECTED', 'FAILED', 'CANCELLED']

/**
 * Uploads a package by the GraphQL multipart request and waits for the end of its job; the worker is started before and stopped after, so
 * that its peak of memory is this import's. Throws when the job does not complete.
 * @param serving process id of the one machine
 */
export async function importPackage(
  hub: Hub,
  serving: number,
  zip: string,
  options: { readonly force?: boolean } = {},
): Promise<ImportRun> {
  const worker = await startProcess('subgraphs/imports/worker', hub.env)
  try {
    await hub.owner.query('checkpoint')
    const memory = watchMemory(serving)
    const started = performance.now()
    const id = await upload(hub, zip, options)
    const uploadSeconds = (performance.now() - started) / 1000
    const rose = memory()
    await ended(hub, id)
    const seconds = (performance.now() - started) / 1000
    const { rows } = await hub.owner.query<{ state: string; files: ImportRun['files']; issue_counts: unknown }>(
      'select state, files, issue_counts from import_jobs where job_id = $1',
      [id],
    )
    const { state, files, issue_counts: issues } = rows[0]!
    if (state !== 'COMPLETED') throw new Error(`The import of ${zip} ended as ${state}: ${JSON.stringify(issues)}`)
    return {
      seconds,
      uploadSeconds,
      workerMemory: memoryOf(worker.pid)?.peak,
      uploadMemory: rose && rose.most - rose.before,
      files,
    }
  } finally {
    await worker.stop()
  }
}

async function upload({ config, access }: Hub, zip: string, options: object): Promise<string> {
  const query =
    'mutation ($file: Upload!, $options: ImportOptions) { importRoster(file: $file, options: $options) { id } }'
  const form = new FormData()
  form.set('operations', JSON.stringify({ query, variables: { file: null, options } }))
  form.set('map', JSON.stringify({ file: ['variables.file'] }))
  form.set('file', await openAsBlob(zip), basename(zip))
  const response = await fetch(`http://127.0.0.1:${config.ports.graphql}/graphql`, {
    method: 'POST',
    headers: { 'X-API-Key': access.admin.apiKey, 'Apollo-Require-Preflight': 'true' },
    body: form,
  })
  const answer = (await response.json()) as { data?: { importRoster: { id: string } }; errors?: { message: string }[] }
  if (!answer.data)
    throw new Error(`The upload of ${zip} was answered with ${response.status}: ${answer.errors?.[0]?.message}`)
  return answer.data.importRoster.id
}

/** Asks the database, not the hub, so that asking takes nothing from what is measured. */
async function ended({ owner }: Hub, id: string): Promise<void> {
  const deadline = Date.now() + longestImport
  while (Date.now() < deadline) {
    const { rows } = await owner.query<{ state: string }>('select state from import_jobs where job_id = $1', [id])
    if (over.includes(rows[0]?.state ?? '')) return
    await sleep(20)
  }
  throw new Error(`The import had not ended after ${longestImport / 60_000} minutes`)
}
