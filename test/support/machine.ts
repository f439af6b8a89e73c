import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, type Config } from '../../platform/config'
import { startOneMachine } from '../../scripts/oneMachine'
import { seedDevelopment, type SeededAccess } from '../../subgraphs/access/seed'
import { startWorker } from '../../subgraphs/imports/worker'
import { createTestDatabase, type TestDatabase } from './database'

/** The whole hub as `npm start` runs it, on a database and a storage folder of its own, with a worker. */
export interface Machine {
  readonly config: Config
  readonly database: TestDatabase
  readonly clients: SeededAccess
  readonly restUrl: string
  readonly graphqlUrl: string
  /** Asks GraphQL as the administrator; throws when the answer has errors. */
  ask(query: string, variables?: Record<string, unknown>): Promise<any>
  /** Uploads a package as the administrator; answers the job's id. */
  upload(file: string, options?: string): Promise<string>
  /** Waits until the job is over; answers it. */
  finished(jobId: string): Promise<any>
  close(): Promise<void>
}

export async function startMachine(env: NodeJS.ProcessEnv = {}): Promise<Machine> {
  const database = await createTestDatabase()
  const storage = await mkdtemp(join(tmpdir(), 'rosterhub-storage-'))
  const config = anyPorts(readConfig({ ...database.env, STORAGE_DIR: storage, ...env }))
  const clients = (await seedDevelopment(config))!
  const services = await startOneMachine(config)
  const worker = await startWorker(config)
  const graphqlUrl = `http://127.0.0.1:${services.graphqlPort}/graphql`
  const headers = { 'X-API-Key': clients.admin.apiKey }

  async function send(init: RequestInit): Promise<any> {
    const response = await fetch(graphqlUrl, { method: 'POST', ...init })
    const { data, errors } = (await response.json()) as { data: any; errors?: unknown }
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  const ask = (query: string, variables = {}) =>
    send({
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })

  return {
    config,
    database,
    clients,
    restUrl: `http://127.0.0.1:${services.restPort}/ims/oneroster/rostering/v1p2`,
    graphqlUrl,
    ask,
    upload: async (file, options = '{}') => {
      const query = `mutation ($file: Upload!) { importRoster(file: $file, options: ${options}) { id } }`
      const form = new FormData()
      form.append('operations', JSON.stringify({ query, variables: { file: null } }))
      form.append('map', '{"file":["variables.file"]}')
      form.append('file', new Blob([new Uint8Array(await readFile(file))]), 'roster.zip')
      const { importRoster } = await send({ headers: { ...headers, 'Apollo-Require-Preflight': 'true' }, body: form })
      return importRoster.id
    },
    finished: async (jobId) => {
      for (;;) {
        const { importJob } = await ask(jobQuery, { id: jobId })
        if (!['RECEIVED', 'QUEUED', 'VALIDATING', 'MERGING'].includes(importJob.state)) return importJob
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    close: async () => {
      await worker.close()
      await services.close()
      await database.drop()
      await rm(storage, { recursive: true, force: true })
    },
  }
}

const jobQuery = `query ($id: ID!) { importJob(id: $id) {
  state progress logId files { entity mode read created updated unchanged removed rejected } issues { total items { code file line column } }
} }`

function anyPorts(config: Config): Config {
  const ports = Object.fromEntries(Object.keys(config.ports).map((name) => [name, 0]))
  return { ...config, ports: ports as unknown as Config['ports'] }
}
