import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { requestDigest } from '../../platform/boundRequest'
import { identityHeader, signIdentity } from '../../platform/identity'
import { serveImports } from '../../subgraphs/imports/server'
import { startWorker } from '../../subgraphs/imports/worker'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { identityOf } from '../support/roster'
import { until } from '../support/until'

/** Uploads that do not arrive as they should, and a queue that is not there. */
describe('uploads', () => {
  let hub: ImportHub
  beforeEach(async () => {
    hub = await createImportHub({ MAX_UPLOAD_BYTES: '100000' })
  })
  afterEach(() => hub.close())
  const stored = () =>
    readdirSync(hub.config.storageDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  const states = async () => (await hub.owner.query('select state from import_jobs order by created_at')).rows
  const cancelled = () => until('the job is cancelled', async () => (await states())[0]!.state === 'CANCELLED')

  test('too large: refused while it arrives, nothing is kept', async () => {
    let sent = 0
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc((sent += 10_000) && 10_000)
      })(),
      { objectMode: false },
    )
    await expect(hub.upload(endless)).rejects.toMatchObject({ extensions: { code: 'UPLOAD_TOO_LARGE' } })
    expect(sent).toBeLessThan(400_000)
    expect(stored()).toEqual([])
    expect(await states()).toEqual([{ state: 'CANCELLED' }])
  })

  test('a connection cut in the middle leaves no bytes and a job that is over', async () => {
    const server = await serveImports({ ...hub.config, ports: { ...hub.config.ports, imports: 0 } }, hub.app)
    try {
      const query = 'mutation ($file: Upload!) { importRoster(file: $file) { id } }'
      const operations = JSON.stringify({ query, variables: { file: null } })
      const digest = requestDigest('imports', operations)
      const upload = request({
        ...{ port: server.port, path: '/graphql', method: 'POST' },
        headers: {
          [identityHeader]: signIdentity(identityOf(hub.tenantId), hub.config.secret, digest),
          'content-type': 'multipart/form-data; boundary=cut',
          'apollo-require-preflight': 'true',
        },
      })
      upload.on('error', () => undefined)
      const part = (name: string, more: string, text: string) =>
        `--cut\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${text}`
      upload.write(part('operations', '', operations) + '\r\n')
      upload.write(part('map', '', '{"file":["variables.file"]}') + '\r\n')
      upload.write(part('file', '; filename="roster.zip"', 'PK\x03\x04'.padEnd(50_000, 'x')))
      await until('bytes arrive', () => stored().length > 0)
      expect(await states()).toEqual([{ state: 'RECEIVED' }])
      upload.destroy()
      await until('the bytes are gone', () => stored().length === 0)
      await cancelled()
    } finally {
      await server.close()
    }
  })

  test('a process that ends puts away what had not arrived before it lets the database go', async () => {
    const half = new PassThrough()
    half.write('PK')
    const refused = expect(hub.upload(half)).rejects.toMatchObject({ extensions: { code: 'UPLOAD_BROKEN' } })
    await until('it arrives', async () => (await states()).length === 1)
    half.destroy(new Error('the connection is closed'))
    await hub.subgraph.close()
    expect([await states(), stored()]).toEqual([[{ state: 'CANCELLED' }], []])
    await refused
  })

  test('a process that dies in the middle of an upload leaves a job that the sweep ends', async () => {
    await hub.owner.query(
      `insert into import_jobs (tenant_id, job_id, state, file_name, storage_key, created_by, created_at)
       values ($1, gen_random_uuid(), 'RECEIVED', 'a.zip', 'uploads/1/x', 'c', now() - interval '1 hour')`,
      [hub.tenantId],
    )
    const worker = await startWorker(hub.config)
    await cancelled()
    await worker.close()
  })

  test('the same package twice at once: one after the other, the second finds nothing to do', async () => {
    const bytes = await packageOf(smallRoster())
    const workers = await Promise.all([startWorker(hub.config), startWorker(hub.config)])
    try {
      const ids = await Promise.all([hub.upload(bytes), hub.upload(bytes)])
      const jobs = await Promise.all(ids.map((id) => hub.ended(id)))
      expect(jobs.map((job) => job.state)).toEqual(['COMPLETED', 'COMPLETED'])
      const created = jobs.map((job) => job.files.reduce((sum, file) => sum + file.created, 0))
      expect(created.sort()).toEqual([0, 15])
      const { rows } = await hub.owner.query(
        `select a.finished_at <= b.started_at as apart from import_jobs a join import_jobs b on a.started_at < b.started_at`,
      )
      expect(rows).toEqual([{ apart: true }])
    } finally {
      await Promise.all(workers.map((worker) => worker.close()))
    }
  })

  test('Redis away: the upload is taken quickly and the sweep finds it', async () => {
    const lonely = await createImportHub({ REDIS_URL: 'redis://127.0.0.1:1' })
    const worker = await startWorker(lonely.config)
    try {
      const started = Date.now()
      const id = await lonely.upload(await packageOf(smallRoster()))
      expect(Date.now() - started).toBeLessThan(15_000)
      expect((await lonely.ended(id)).state).toBe('COMPLETED')
    } finally {
      await worker.close()
      await lonely.close()
    }
  })

  test('cancelled before a worker comes: never begun', async () => {
    const id = await hub.upload(await packageOf(smallRoster()))
    expect(await hub.mutate('cancelImport', id)).toMatchObject({ state: 'CANCELLED' })
    const worker = await startWorker(hub.config)
    // When the one after it is over, its turn has passed.
    await hub.run(await packageOf(smallRoster()), { dryRun: true })
    expect((await hub.job(id)).state).toBe('CANCELLED')
    expect((await hub.owner.query('select * from users')).rows).toEqual([])
    await worker.close()
  })

  test('cancelled while it is merging: the roster stays as it was', async () => {
    const id = await hub.upload(await packageOf(smallRoster()))
    const worker = await startWorker(hub.config, async (place) => {
      if (place === 'merged') await hub.mutate('cancelImport', id)
    })
    expect((await hub.ended(id)).state).toBe('CANCELLED')
    expect((await hub.owner.query('select * from users')).rows).toEqual([])
    await worker.close()
  })

  test('nobody without the scope, and nobody of another tenant, sees a job', async () => {
    const id = await hub.upload(await packageOf(smallRoster()))
    await hub.owner.query(`insert into tenants (code, name) values ('other', 'Other')`)
    const { rows } = await hub.owner.query(`select tenant_id from tenants where code = 'other'`)
    const { graphql } = await import('graphql')
    const ask = (identity: ReturnType<typeof identityOf>) =>
      graphql({
        schema: hub.subgraph.schema,
        source: `{ importJob(id: "${id}") { id } importJobs { total } }`,
        contextValue: hub.subgraph.contextFor(identity),
      })
    const stranger = await ask(identityOf(rows[0].tenant_id))
    expect(stranger.data).toEqual({ importJob: null, importJobs: { total: 0 } })
    const vendor = await ask(
      identityOf(hub.tenantId, ['https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly']),
    )
    expect(vendor.errors?.[0]?.extensions['code']).toBe('FORBIDDEN')
  })
})
