import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { signDownload, type DownloadClaims } from '../../platform/downloadLink'
import { httpGatewayClient } from '../../rest-facade/gatewayClient'
import { serveRestFacade } from '../../rest-facade/server'
import { startWorker } from '../../subgraphs/imports/worker'
import { packageOf } from '../imports/support'
import { smallRoster } from '../imports/smallRoster'
import { ask, bearer, startHub, topologies, type Hub } from '../support/hub'
import { until } from '../support/until'

/** Files on their way out: the mirror of uploads. */
describe.each(topologies)('downloads: %s', (topology) => {
  let hub: Hub
  let rest: string
  let admin: { authorization: string }
  const closers: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    hub = await startHub(topology, { PUBLIC_URL: 'https://roster.example.jp' })
    const { gateway, config } = hub
    const client =
      topology === 'one process'
        ? { execute: gateway.execute.bind(gateway), download: gateway.download.bind(gateway) }
        : httpGatewayClient({ ...config, gatewayUrl: hub.url })
    const facade = await serveRestFacade({ config, gateway: client })
    rest = `http://127.0.0.1:${facade.port}`
    closers.push(facade, await startWorker(config))
    admin = await bearer(hub, hub.seeded.admin)
    await importFinished(await packageOf(smallRoster()))
  })
  afterAll(async () => {
    for (const { close } of closers) await close()
    await hub?.close()
  })

  async function must(query: string, variables = {}): Promise<any> {
    const { data, errors } = await ask(hub, query, variables, admin)
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  /** What the link leads to at the REST door of this test. */
  const follow = (url: string, init: RequestInit = {}) => fetch(url.replace('https://roster.example.jp', rest), init)

  async function importFinished(bytes: Buffer, options = '{}'): Promise<any> {
    const form = new FormData()
    const query = `mutation ($file: Upload!) { importRoster(file: $file, options: ${options}) { id } }`
    form.append('operations', JSON.stringify({ query, variables: { file: null } }))
    form.append('map', '{"file":["variables.file"]}')
    form.append('file', new Blob([new Uint8Array(bytes)]), 'roster.zip')
    const headers = { ...admin, 'Apollo-Require-Preflight': 'true' }
    const response = await fetch(hub.url, { method: 'POST', headers, body: form })
    const { id } = ((await response.json()) as any).data.importRoster
    return over(() => must(importQuery, { id }).then(({ importJob }) => importJob))
  }
  async function exported(): Promise<any> {
    const { exportRoster } = await must(
      'mutation { exportRoster(options: { profile: BASE_1_2_1 }) { id downloadUrl } }',
    )
    expect(exportRoster.downloadUrl).toBeNull()
    return over(() => must(exportQuery, { id: exportRoster.id }).then(({ exportJob }) => exportJob))
  }

  it('of an export come from the REST door without a credential, as they were written', async () => {
    const job = await exported()
    expect(job.downloadUrl).toMatch(/^https:\/\/roster\.example\.jp\/downloads\//)
    const response = await follow(job.downloadUrl)
    expect(response.status).toBe(200)
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(job.fileSha256)
    expect(bytes.length).toBe(job.fileBytes)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-length': String(bytes.length),
      'content-disposition': `attachment; filename="${job.fileName}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    const trail = await must('{ auditEvents(limit: 50) { items { operation objectKind objectIds } } }')
    for (const operation of ['exportRoster', 'writeExport', 'downloadExport']) {
      expect(trail.auditEvents.items).toContainEqual({ operation, objectKind: 'exportJob', objectIds: [job.id] })
    }
  })

  it('are refused when the link was changed, is over, is of another hub or leads to nothing', async () => {
    const job = await exported()
    const made = JSON.parse(Buffer.from(job.downloadUrl.split('/downloads/')[1].split('.')[0], 'base64url').toString())
    expect(made).toMatchObject({ kind: 'export', clientId: hub.seeded.admin.clientId, jobId: job.id })
    const { tenantId } = made
    const claims: DownloadClaims = { kind: 'export', tenantId, clientId: 'x', jobId: job.id }
    const later = new Date(Date.now() + 60_000)
    const link = (token: string) => follow(`https://roster.example.jp/downloads/${token}`).then(({ status }) => status)
    const { secret } = hub.config
    const good = signDownload(claims, secret, later)
    expect(await link(good)).toBe(200)
    const [text, key, signature] = good.split('.') as [string, string, string]
    const forged = Buffer.from(JSON.stringify({ ...claims, tenantId: 2, expiresAt: later.getTime() })).toString(
      'base64url',
    )
    for (const token of [
      `${text}.${key}.${signature.slice(1)}${signature[0]}`,
      `${text}.${key}.`,
      `${text}.${signature}`,
      `${text}.${key}.${signature}.${signature}`,
      `${forged}.${key}.${signature}`,
      signDownload(claims, secret, new Date(Date.now() - 1)),
      signDownload(claims, 'another secret of another hub', later),
      'nothing',
    ]) {
      expect([token, await link(token)]).toEqual([token, 403])
    }
    expect(await link(signDownload({ ...claims, tenantId: tenantId + 1 }, secret, later))).toBe(404)
    expect(await link(signDownload({ ...claims, jobId: '00000000-0000-4000-8000-000000000000' }, secret, later))).toBe(
      404,
    )
    expect((await follow(job.downloadUrl, { method: 'POST' })).status).toBe(404)
  })

  it('end with the file: what storage has lost is told as gone, before any byte', async () => {
    const job = await exported()
    const [folder] = await readdir(join(hub.config.storageDir, 'exports'))
    await rm(join(hub.config.storageDir, 'exports', folder!, job.id))
    const response = await follow(job.downloadUrl)
    expect([response.status, response.headers.get('content-disposition')]).toEqual([404, null])
    expect(await response.json()).toMatchObject({ imsx_codeMajor: 'failure' })
  })

  it('are not for callers without the scope', async () => {
    const vendor = await bearer(hub, hub.seeded.vendor)
    const { errors } = await ask(hub, 'mutation { exportRoster(options: {}) { id } }', {}, vendor)
    expect(errors[0]!.extensions.code).toBe('FORBIDDEN')
  })

  it('of a report are CSV for people and spreadsheets, causes first', async () => {
    const files = smallRoster()
    for (const row of files['users.csv']!) row['givenName'] = ''
    files['enrollments.csv']![0]!['role'] = 'nobody'
    const job = await importFinished(await packageOf(files))
    expect(job.state).toBe('REJECTED')
    const english = await (await follow(job.reportUrl)).text()
    expect(english.split('\r\n').slice(0, 3)).toEqual([
      '"severity","code","file","line","column","message","found"',
      '"error","row.required","users.csv","2","givenName","The cell must be filled.","3"',
      '"error","row.required","users.csv","3","givenName","The cell must be filled.","3"',
    ])
    const owner = new Client({ connectionString: hub.testDatabase.ownerUrl })
    await owner.connect()
    await owner.query(`update import_issues set column_name = '=1+1' where line = 3 and job_id = $1`, [job.id])
    await owner.end()
    const response = await follow(job.excelUrl)
    const japanese = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="import-${job.id}.csv"`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(japanese.subarray(0, 3)).toEqual(Buffer.from('efbbbf', 'hex'))
    expect(japanese.toString()).toContain('"重要度","コード","ファイル","行","列","内容","件数"')
    expect(japanese.toString()).toContain(
      '"エラー","row.required","users.csv","2","givenName","必須項目が空です。","3"',
    )
  })
})

const importQuery = `query ($id: ID!) { importJob(id: $id) { id state reportUrl excelUrl: reportUrl(language: ja, forExcel: true) } }`
const exportQuery = `query ($id: ID!) { exportJob(id: $id) { id state fileName fileBytes fileSha256 downloadUrl expiresAt } }`

const underWay = ['RECEIVED', 'QUEUED', 'VALIDATING', 'MERGING', 'RUNNING']
const over = (look: () => Promise<any>): Promise<any> =>
  until('the job is over', async () => {
    const job = await look()
    return !underWay.includes(job.state) && job
  })
