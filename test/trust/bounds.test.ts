import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { until } from '../support/until'
import { ask, bearer, getWithBody } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

/** Bounds that an operator sets: which operations dashboards may send, and how many files a client may send at once. */
describe('bounds set by the operator', () => {
  let hub: Hub
  let folder: string
  const text = 'query Orgs($limit: Int) { orgs(limit: $limit) { total } }'
  const hash = createHash('sha256').update(text).digest('hex')
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rosterhub-operations-'))
    await writeFile(path.join(folder, 'operations.json'), JSON.stringify({ orgs: text, [hash]: text }))
    hub = await startHub('one machine', {
      env: {
        PERSISTED_OPERATIONS_FILE: path.join(folder, 'operations.json'),
        PERSISTED_OPERATIONS_ONLY: '1',
        UPLOADS_PER_CLIENT: '2',
      },
    })
  })
  afterAll(async () => {
    await hub?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function post(body: object, headers: Record<string, string>) {
    const response = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] }
  }

  it('answer a dashboard what it names, in either way, and nothing it writes itself', async () => {
    const vendor = await bearer(hub, hub.clients.vendor)
    const answered = { data: { orgs: { total: 0 } } }
    expect(await post({ documentId: 'orgs', variables: { limit: 1 } }, vendor)).toEqual(answered)
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } }
    expect(await post({ extensions }, vendor)).toEqual(answered)
    const codes = async (body: object) => (await post(body, vendor)).errors?.map((error) => error.extensions.code)
    expect(await codes({ query: text })).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED'])
    // Nothing is learned from callers: the pair of hash and text is refused like any text.
    expect(await codes({ query: '{ users { total } }', extensions })).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED'])
    for (const documentId of ['users', '__proto__', 'constructor', '']) {
      expect(await codes({ documentId })).toEqual(['PERSISTED_QUERY_NOT_FOUND'])
    }
    const get = await fetch(`${hub.graphqlUrl}?query={users{total}}`, {
      headers: { ...vendor, 'apollo-require-preflight': '1' },
    })
    expect(get.status).toBe(400)
    const named = JSON.stringify({ documentId: 'orgs' })
    const both = await getWithBody(`${hub.graphqlUrl}?query={users{total}}`, vendor, named)
    expect(both.errors?.map((error) => error.extensions.code)).toEqual(['PERSISTED_QUERY_NOT_SUPPORTED'])
  })

  it('leave administrators their own operations', async () => {
    const admin = await bearer(hub, hub.clients.admin)
    expect((await ask(hub, '{ clients { total } }', {}, admin)).data.clients.total).toBe(3)
  })

  it('let a client send two files at once and not three, and forget those that ended', async () => {
    const admin = await bearer(hub, hub.clients.admin)
    const open = [slowUpload(hub.graphqlUrl, admin), slowUpload(hub.graphqlUrl, admin)]
    const begun = async () => (await ask(hub, '{ importJobs { total } }', {}, admin)).data.importJobs.total === 2
    await until('both are under way', begun)
    const third = slowUpload(hub.graphqlUrl, admin)
    third.finish()
    expect(await third.answer).toContain('SERVER_BUSY')
    for (const upload of open) upload.finish()
    for (const upload of open) expect(await upload.answer).toContain('"state":"QUEUED"')
    const fourth = slowUpload(hub.graphqlUrl, admin)
    fourth.finish()
    expect(await fourth.answer).toContain('"state":"QUEUED"')
  })
})

/** A multipart request whose file has begun and not ended until `finish`. */
function slowUpload(url: string, headers: Record<string, string>) {
  const boundary = 'x'
  const part = (name: string, value: string) =>
    `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const query = 'mutation ($file: Upload!) { importRoster(file: $file) { state } }'
  let resolve: (text: string) => void
  const answer = new Promise<string>((done) => (resolve = done))
  const sending = request(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'apollo-require-preflight': 'true',
    },
  })
  sending.on('response', (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve(Buffer.concat(chunks).toString()))
  })
  sending.on('error', () => resolve('connection closed'))
  sending.write(
    part('operations', JSON.stringify({ query, variables: { file: null } })) + part('map', '{"f":["variables.file"]}'),
  )
  sending.write('--x\r\ncontent-disposition: form-data; name="f"; filename="a.zip"\r\n\r\nPK')
  return { answer, finish: () => sending.end('\r\n--x--\r\n') }
}
