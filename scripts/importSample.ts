import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type ImportDoor = { graphqlUrl: string; apiKey: string }

type JobState = { id: string; state: string; progress: number | null; files: { entity: string; read: number }[] }

const unfinished = ['RECEIVED', 'QUEUED', 'VALIDATING', 'MERGING']
const minutes = 60_000

/**
 * Uploads a roster ZIP as any client would, by the GraphQL multipart request over HTTP, and follows the job to its end.
 * @param onProgress gets the state and a percentage
 * @returns rows read, in all files
 * @throws Error with one sentence when the job does not complete
 */
export async function importSample(
  door: ImportDoor,
  zip: string,
  onProgress: (state: string, percent: number) => void,
): Promise<number> {
  let job = await upload(door, zip)
  const deadline = Date.now() + 10 * minutes
  while (unfinished.includes(job.state) && Date.now() < deadline) {
    onProgress(job.state, Math.round(job.progress ?? 0))
    await sleep(250)
    job = await readJob(door, job.id)
  }
  if (job.state !== 'COMPLETED') {
    throw new Error(
      `The import of ${basename(zip)} ended as ${job.state}: ask for importJob(id: "${job.id}") to see why.`,
    )
  }
  return job.files.reduce((sum, file) => sum + file.read, 0)
}

const jobFields = 'id state progress files { entity read }'

async function upload(door: ImportDoor, zip: string): Promise<JobState> {
  const query = `mutation ($file: Upload!) { importRoster(file: $file) { ${jobFields} } }`
  const form = new FormData()
  form.set('operations', JSON.stringify({ query, variables: { file: null } }))
  form.set('map', JSON.stringify({ file: ['variables.file'] }))
  form.set('file', await openAsBlob(zip), basename(zip))
  return (await ask<{ importRoster: JobState }>(door, form)).importRoster
}

async function readJob(door: ImportDoor, id: string): Promise<JobState> {
  const query = `query ($id: ID!) { importJob(id: $id) { ${jobFields} } }`
  return (await ask<{ importJob: JobState }>(door, JSON.stringify({ query, variables: { id } }))).importJob
}

async function ask<Data>({ graphqlUrl, apiKey }: ImportDoor, body: FormData | string): Promise<Data> {
  const headers = {
    'X-API-Key': apiKey,
    'Apollo-Require-Preflight': 'true',
    ...(typeof body === 'string' && { 'Content-Type': 'application/json' }),
  }
  const response = await fetch(graphqlUrl, { method: 'POST', headers, body })
  const text = await response.text()
  const answer = JSON.parse(text) as { data?: Data | null; errors?: { message: string }[] }
  if (answer.errors?.length || !answer.data) {
    throw new Error(`${graphqlUrl} answered ${response.status}: ${answer.errors?.[0]?.message ?? text}`)
  }
  return answer.data
}
