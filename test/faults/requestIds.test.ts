import { openAsBlob } from 'node:fs'
import path from 'node:path'
import { downloadUrl } from '../../platform/downloadUrl'
import { log } from '../../platform/log'
import { projectRoot } from '../../platform/projectRoot'
import { bearer } from '../support/ask'
import { cuttable, type Cuttable } from '../support/cuttable'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { startHub, topologies, type Hub } from '../support/hub'

/** Lines that tell of a server that is away name the request that met it, by the id which its caller knows. */
describe.each(topologies)('a log line, %s,', (topology) => {
  let hub: Hub
  let network: Cuttable | undefined
  let behind: TestDatabase
  const lines: { message: string; [field: string]: unknown }[] = []
  beforeAll(async () => {
    for (const level of ['warn', 'error'] as const) {
      jest.spyOn(log, level).mockImplementation(((message: string, fields: object) => {
        lines.push({ message, ...fields })
        return log
      }) as never)
    }
  })
  afterEach(async () => {
    await hub?.close()
    network?.cut()
    await behind?.drop()
    lines.length = 0
  })
  afterAll(() => jest.restoreAllMocks())

  it('of a refused database connection has it: REST, GraphQL, tokens and downloads', async () => {
    behind = await createTestDatabase('sample')
    network = await cuttable(behind.appUrl)
    hub = await startHub(topology, { env: { DATABASE_APP_URL: network.url } })
    const authorization = { Authorization: `Bearer ${hub.token()}` }
    const { apiKey, clientId } = hub.clients.admin
    const users = `${hub.restUrl}/ims/oneroster/rostering/v1p2/users`
    const send = (id: string, url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { 'X-Request-Id': id, ...authorization, ...init.headers } })
    expect((await send('before', users)).status).toBe(200)
    const claims = { kind: 'export', tenantId: hub.tenantId, clientId, jobId: 'x' } as const
    const link = downloadUrl({ ...hub.config, publicUrl: hub.restUrl }, claims)
    network.cut()

    const json = { 'Content-Type': 'application/json' }
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: 'x' })
    const answers = [
      await send('rest', users),
      await send('graphql', hub.graphqlUrl, { method: 'POST', headers: json, body: '{"query":"{ users { total } }"}' }),
      await send('key', users, { headers: { Authorization: '', 'X-API-Key': apiKey } }),
      await send('token', `${hub.restUrl}/oauth2/token`, {
        method: 'POST',
        body: form,
        headers: { Authorization: '' },
      }),
      await send('download', link),
    ]
    for (const answer of answers) expect(await answer.text()).toMatch(/at the moment/)
    const refused = lines.filter(({ message }) => message === 'database connection refused')
    // A list is two statements at once.
    const ids = ['rest', 'rest', 'graphql', 'key', 'token', 'download']
    expect(refused.map(({ requestId }) => requestId)).toEqual(ids)
    for (const { error } of refused) expect(error).toMatchObject({ message: expect.stringMatching(/ECONN|terminated/) })
  })

  it('of a queue that took no job has it, and the job', async () => {
    hub = await startHub(topology, { env: { REDIS_URL: 'redis://127.0.0.1:1' } })
    const query = 'mutation ($file: Upload!) { importRoster(file: $file) { id } }'
    const body = new FormData()
    body.set('operations', JSON.stringify({ query, variables: { file: null } }))
    body.set('map', JSON.stringify({ file: ['variables.file'] }))
    body.set('file', await openAsBlob(path.join(projectRoot, 'sample/district.zip')), 'district.zip')
    const headers = {
      ...(await bearer(hub, hub.clients.admin)),
      'X-Request-Id': 'upload',
      'Apollo-Require-Preflight': 'true',
    }
    const answer = await fetch(hub.graphqlUrl, { method: 'POST', headers, body })
    const { id } = ((await answer.json()) as { data: { importRoster: { id: string } } }).data.importRoster
    expect(lines.filter(({ message }) => message.startsWith('the queue did not take'))).toEqual([
      expect.objectContaining({ requestId: 'upload', jobId: id }),
    ])
  })
})
