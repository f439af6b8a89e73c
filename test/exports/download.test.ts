import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { scopes } from '../../oneroster/scopes'
import { signDownload, type DownloadClaims } from '../../platform/downloadLink'
import { packageOf } from '../imports/support'
import { smallRoster } from '../imports/smallRoster'
import { importPackage } from '../support/importPackage'
import { until } from '../support/until'
import { ask, bearer, dataOf } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, topologies, type Hub } from '../support/hub'

/** Files on their way out: the mirror of uploads. */
describe.each(topologies)('downloads: %s', (topology) => {
  let hub: Hub
  let admin: { authorization: string }
  beforeAll(async () => {
    hub = await startHub(topology, { env: { PUBLIC_URL: 'https://roster.example.jp' }, worker: true })
    admin = await bearer(hub, hub.clients.admin)
    await importPackage(hub, await packageOf(smallRoster()))
  })
  afterAll(() => hub?.close())

  const must = (query: string, variables = {}) => dataOf(hub, query, variables, admin)
  /** What the link leads to at the REST door of this test. */
  const follow = (url: string, init: RequestInit = {}) =>
    fetch(url.replace('https://roster.example.jp', hub.restUrl), init)

  async function exported(headers = admin): Promise<any> {
    const { exportRoster } = await dataOf(
      hub,
      'mutation { exportRoster(options: { profile: BASE_1_2_1 }) { id downloadUrl } }',
      {},
      headers,
    )
    expect(exportRoster.downloadUrl).toBeNull()
    return until('the export is over', async () => {
      const { exportJob } = await dataOf(hub, exportQuery, { id: exportRoster.id }, headers)
      return !['QUEUED', 'RUNNING'].includes(exportJob.state) && exportJob
    })
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
    expect(made).toMatchObject({ kind: 'export', clientId: hub.clients.admin.clientId, jobId: job.id })
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
    const vendor = await bearer(hub, hub.clients.vendor)
    const { errors } = await ask(hub, 'mutation { exportRoster(options: {}) { id } }', {}, vendor)
    expect(errors[0]!.extensions.code).toBe('FORBIDDEN')
  })

  it('of demographics end with the scope of the client that got the link', async () => {
    const may = [scopes.exports, scopes.demographics]
    const { createClient: made } = await must(
      'mutation ($scopes: [String!]!) { createClient(input: { name: "Statistics", scopes: $scopes }) { clientId clientSecret } }',
      { scopes: may },
    )
    const job = await exported(await bearer(hub, made))
    expect(job.entities).toContain('demographics')
    expect((await follow(job.downloadUrl)).status).toBe(200)
    await must(
      'mutation ($id: ID!, $input: UpdateClientInput!) { updateClient(clientId: $id, input: $input) { scopes } }',
      {
        id: made.clientId,
        input: { scopes: may.slice(0, 1) },
      },
    )
    expect((await follow(job.downloadUrl)).status).toBe(404)
  })

  it('of a report end with the client that got the link', async () => {
    const { createClient: made } = await must(
      `mutation { createClient(input: { name: "Sender", scopes: ["${scopes.imports}"] }) { clientId clientSecret } }`,
    )
    const sender = await bearer(hub, made)
    const { importJobs } = await dataOf(hub, '{ importJobs { items { reportUrl } } }', {}, sender)
    const { reportUrl } = importJobs.items[0]
    expect((await follow(reportUrl)).status).toBe(200)
    await must(`mutation { revokeClient(clientId: "${made.clientId}") { clientId } }`)
    expect((await follow(reportUrl)).status).toBe(404)
  })

  it('of a report are CSV for people and spreadsheets, causes first', async () => {
    const files = smallRoster()
    for (const row of files['users.csv']!) row['givenName'] = ''
    files['enrollments.csv']![0]!['role'] = 'nobody'
    const job = await importPackage(hub, await packageOf(files))
    expect(job.state).toBe('REJECTED')
    const english = await (await follow(job.reportUrl)).text()
    expect(english.split('\r\n').slice(0, 3)).toEqual([
      '"severity","code","file","line","column","message","found"',
      '"error","row.required","users.csv","2","givenName","The cell must be filled.","3"',
      '"error","row.required","users.csv","3","givenName","The cell must be filled.","3"',
    ])
    const byDefault = 'query ($id: ID!) { importJob(id: $id) { reportUrl(language: null, forExcel: null) } }'
    expect(await (await follow((await must(byDefault, { id: job.id })).importJob.reportUrl)).text()).toBe(english)
    const text = `update import_issues set column_name = '=1+1' where line = 3 and job_id = $1`
    await askDatabase(hub.database.ownerUrl, text, [job.id])
    const forExcel = 'query ($id: ID!) { importJob(id: $id) { reportUrl(language: ja, forExcel: true) } }'
    const response = await follow((await must(forExcel, { id: job.id })).importJob.reportUrl)
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

const exportQuery = `query ($id: ID!) { exportJob(id: $id) { id state entities fileName fileBytes fileSha256 downloadUrl expiresAt } }`
