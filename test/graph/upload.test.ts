import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { until } from '../support/until'
import { ask, bearer } from '../support/ask'
import { startHub, topologies, type Hub } from '../support/hub'

const megabyte = 1024 ** 2
const limit = 150 * megabyte
const boundary = 'test-boundary'

/** Files on their way from the client through the gateway into storage (GraphQL multipart request specification). */
describe.each(topologies)('uploads: %s', (topology) => {
  let hub: Hub
  let admin: { authorization: string }
  let vendor: { authorization: string }
  beforeAll(async () => {
    hub = await startHub(topology, { env: { MAX_UPLOAD_BYTES: String(limit) } })
    admin = await bearer(hub, hub.clients.admin)
    vendor = await bearer(hub, hub.clients.vendor)
  })
  afterAll(() => hub?.close())

  const query = `mutation ($file: Upload!, $options: ImportOptions) {
    importRoster(file: $file, options: $options) { id state fileName fileBytes fileSha256 } }`

  it('stream a file of exactly the limit, 150 MB, through with less than 100 MB of memory', async () => {
    await send(parts([file(megabyte)]), admin)
    const before = process.memoryUsage().rss
    let most = before
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
    const { data, errors } = await send(parts([file(limit, '名簿.zip')]), admin)
    clearInterval(watch)
    expect(errors).toBeUndefined()
    expect(data.importRoster).toMatchObject({
      fileName: '名簿.zip',
      fileBytes: limit,
      fileSha256: sha256(limit),
    })
    expect((most - before) / megabyte).toBeLessThan(100)
  })

  it('are taken again and again by the same operation, the empty file too', async () => {
    for (const size of [0, 1, 70_000]) {
      const { data } = await send(parts([file(size)]), admin)
      expect(data.importRoster.fileSha256).toBe(sha256(size))
    }
  })

  it('leave nothing behind when they are too large', async () => {
    await expectNothingLeft(async () => {
      const { errors } = await send(parts([file(limit + 1)]), admin)
      expect(errors.map((error) => error.extensions.code)).toEqual(['UPLOAD_TOO_LARGE'])
    })
  })

  it('leave nothing behind when the client goes away in the middle', async () => {
    await expectNothingLeft(async () => {
      const cut = new AbortController()
      let sent = 0
      const body = (async function* () {
        for await (const chunk of parts([file(50 * megabyte)])) {
          yield chunk
          sent += chunk.length
          if (sent > 10 * megabyte) cut.abort()
        }
      })()
      await expect(send(body, admin, cut.signal)).rejects.toThrow()
      expect(sent).toBeGreaterThan(10 * megabyte)
      await until('the job is cancelled', async () => (await jobs())[0]?.state === 'CANCELLED')
    })
  })

  it('leave nothing behind when the body ends before the file does', async () => {
    await expectNothingLeft(async () => {
      const { errors } = await send(parts([file(3 * megabyte)], { unfinished: true }), admin)
      expect(errors[0]!.extensions.code).toBe('UPLOAD_BROKEN')
    })
  })

  it('are not taken from a client without the scope, which is told before it has sent everything', async () => {
    await expectNothingLeft(async () => {
      const { errors } = await send(parts([file(limit)]), vendor)
      expect(errors[0]!.extensions.code).toBe('FORBIDDEN')
    })
  })

  const wrong: [what: string, body: () => AsyncGenerator<Buffer>][] = [
    ['no file', () => parts([])],
    ['two files', () => parts([file(10), file(10)], { map: '{"0":["variables.file"],"1":["variables.other"]}' })],
    ['a map to nowhere', () => parts([file(10)], { map: '{"0":["nowhere.file"]}' })],
    ['a map into the prototype', () => parts([file(10)], { map: '{"0":["variables.__proto__.x"]}' })],
    ['operations that are not JSON', () => parts([file(10)], { operations: '{' })],
    ['a map that is not JSON', () => parts([file(10)], { map: '[' })],
    ['a batch', () => parts([file(10)], { operations: '[{}]' })],
    ['nothing in it', () => bytes('--test-boundary--\r\n')],
    ['no form at all', () => bytes('hello')],
  ]
  it('are refused with a code when anything is wrong with the form, and leave nothing behind', async () => {
    await expectNothingLeft(async () => {
      for (const [what, body] of wrong) {
        const { status, errors } = await send(body(), admin)
        const told = errors[0]!.extensions.code
        expect([what, told]).toEqual([what, expect.stringMatching(/^(UPLOAD_\w+|BAD_\w+|INVALID_DATA)$/)])
        expect(status).toBeLessThan(500)
      }
    })
  })

  it('are refused from a foreign page, which cannot set the header', async () => {
    const { status } = await send(parts([file(10)]), { ...admin, 'apollo-require-preflight': undefined })
    expect(status).toBe(400)
  })

  /** Runs an upload that must fail, and looks at storage and at whether the door still answers. */
  async function expectNothingLeft(upload: () => Promise<void>) {
    const before = await stored()
    await upload()
    // The caller may have its answer before the subgraph has begun, or has noticed that nothing more comes: both are over when half a second
    // shows nothing of the upload.
    let calm = 0
    const isCalm = async () =>
      (await jobs()).every(({ state }) => state !== 'RECEIVED') && (await stored()).length === before.length
    const isOver = async () => (calm = (await isCalm()) ? calm + 1 : 0) === 5
    await until('nothing is left of the upload', isOver, 100)
    expect(await stored()).toEqual(before)
    expect(await jobs()).not.toContainEqual(expect.objectContaining({ state: 'RECEIVED' }))
  }

  async function jobs(): Promise<{ id: string; state: string }[]> {
    return (await ask(hub, '{ importJobs(limit: 1) { items { id state } } }', {}, admin)).data.importJobs.items
  }

  async function stored(): Promise<string[]> {
    const entries = await readdir(hub.config.storageDir, { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  }

  interface File {
    readonly name: string
    readonly size: number
  }
  function file(size: number, name = 'roster.zip'): File {
    return { name, size }
  }

  /** The body of a multipart request, made while it is sent. */
  async function* parts(
    files: readonly File[],
    {
      operations = JSON.stringify({ query, variables: { file: null } }),
      map = '{"0":["variables.file"]}',
      unfinished = false,
    } = {},
  ): AsyncGenerator<Buffer> {
    const head = (disposition: string) => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`
    yield Buffer.from(`${head('name="operations"')}${operations}\r\n${head('name="map"')}${map}\r\n`)
    for (const [index, { name, size }] of files.entries()) {
      yield Buffer.from(head(`name="${index}"; filename="${name}"`))
      yield* content(size)
      yield Buffer.from('\r\n')
    }
    if (!unfinished) yield Buffer.from(`--${boundary}--\r\n`)
  }

  async function* bytes(text: string): AsyncGenerator<Buffer> {
    yield Buffer.from(text)
  }

  /** Sends a body piece by piece and stops when the answer is there. */
  function send(
    body: AsyncGenerator<Buffer>,
    headers: Record<string, string | undefined>,
    signal?: AbortSignal,
  ): Promise<{ status: number; data: any; errors: { extensions: { code: string } }[] }> {
    return new Promise((resolve, reject) => {
      const given = { 'apollo-require-preflight': 'true', ...headers }
      const request = httpRequest(hub.graphqlUrl, {
        method: 'POST',
        ...(signal ? { signal } : {}),
        headers: {
          'content-type': `multipart/form-data; boundary=${boundary}`,
          ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
        },
      })
      let answered = false
      request.on('response', async (response) => {
        answered = true
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ status: response.statusCode!, ...JSON.parse(Buffer.concat(chunks).toString()) })
        request.destroy()
      })
      request.on('error', (error) => (answered ? undefined : reject(error)))
      void pump(body, request, () => answered)
    })
  }
})

async function pump(body: AsyncGenerator<Buffer>, request: ClientRequest, isOver: () => boolean): Promise<void> {
  const over = new Promise((resolve) => request.once('close', resolve).once('response', resolve))
  for await (const chunk of body) {
    if (isOver() || request.destroyed) return
    if (!request.write(chunk)) await Promise.race([over, new Promise((resolve) => request.once('drain', resolve))])
  }
  request.end()
}

/** The same bytes for the same size. */
function* content(size: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024, 'ロスター')
  for (let left = size; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block
}

function sha256(size: number): string {
  const hash = createHash('sha256')
  for (const chunk of content(size)) hash.update(chunk)
  return hash.digest('hex')
}
