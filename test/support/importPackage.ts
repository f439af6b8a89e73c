import { dataOf } from './ask'
import type { Hub } from './hub'
import { until } from './until'

const fields = `id state progress logId reportUrl files { entity mode read created updated unchanged removed rejected }
  issues { total items { code file line column } }`
const underWay = ['RECEIVED', 'QUEUED', 'VALIDATING', 'MERGING']

/** Uploads a package at the GraphQL door as the seeded administrator, options as GraphQL writes them; answers the job's id. */
export async function uploadPackage({ graphqlUrl, clients }: Hub, bytes: Buffer, options = '{}'): Promise<string> {
  const query = `mutation ($file: Upload!) { importRoster(file: $file, options: ${options}) { id } }`
  const form = new FormData()
  form.append('operations', JSON.stringify({ query, variables: { file: null } }))
  form.append('map', '{"file":["variables.file"]}')
  form.append('file', new Blob([new Uint8Array(bytes)]), 'roster.zip')
  const headers = { 'x-api-key': clients.admin.apiKey, 'apollo-require-preflight': 'true' }
  const response = await fetch(graphqlUrl, { method: 'POST', headers, body: form })
  const { data, errors } = (await response.json()) as { data: any; errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return data.importRoster.id
}

/** Waits until the import is over or held; answers it. */
export function importEnded(hub: Hub, id: string): Promise<any> {
  const key = { 'x-api-key': hub.clients.admin.apiKey }
  return until('the import is over', async () => {
    const { importJob } = await dataOf(hub, `query ($id: ID!) { importJob(id: $id) { ${fields} } }`, { id }, key)
    return !underWay.includes(importJob.state) && importJob
  })
}

/** Uploads and waits for the end. */
export async function importPackage(hub: Hub, bytes: Buffer, options?: string): Promise<any> {
  return importEnded(hub, await uploadPackage(hub, bytes, options))
}
