import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import helmet from 'helmet'
import { readConfig } from '../../platform/config'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

const fixtures = path.join(__dirname, '../fixtures/tls')

/** What every answer carries, whichever way it went. */
describe('security headers', () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub('one machine', { env: { TRUST_PROXY: '1' } })
  })
  afterAll(() => hub?.close())

  const names: string[] = []
  helmet()({} as IncomingMessage, recorder(names) as unknown as ServerResponse, () => undefined)
  const answers = {
    'a list': () => fetch(`${hub.restUrl}${base}/orgs`, { headers: { authorization: `Bearer ${hub.token()}` } }),
    'a refusal': () => fetch(`${hub.restUrl}${base}/orgs`),
    'an unknown path': () => fetch(`${hub.restUrl}/elsewhere`),
    'a token refused': () => fetch(`${hub.restUrl}/oauth2/token`, { method: 'POST' }),
    'a wrong method': () => fetch(`${hub.restUrl}${base}/orgs`, { method: 'PATCH' }),
    'the health of REST': () => fetch(`${hub.restUrl}/health/live`),
    'a GraphQL answer': () =>
      fetch(hub.graphqlUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${hub.token()}`, 'content-type': 'application/json' },
        body: '{"query":"{ orgs { total } }"}',
      }),
    'a GraphQL refusal': () => fetch(hub.graphqlUrl, { method: 'POST' }),
    'an unknown path of the GraphQL door': () => fetch(new URL('/elsewhere', hub.graphqlUrl)),
  }

  it.each(Object.entries(answers))('are all those of helmet on %s', async (_what, send) => {
    const { headers } = await send()
    const missing = names.filter((name) => !headers.has(name) && name.toLowerCase() !== 'strict-transport-security')
    expect(missing).toEqual([])
    expect(headers.get('content-security-policy')).toBe(`default-src 'none';frame-ancestors 'none'`)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('server')).toBeNull()
    expect(headers.get('strict-transport-security')).toBeNull()
  })

  it('ask browsers for TLS from now on where the proxy in front speaks it', async () => {
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }
    for (const url of [`${hub.restUrl}${base}/orgs`, hub.graphqlUrl]) {
      const answer = await fetch(url, { headers })
      expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000')
    }
  })
})

describe('TLS of our own', () => {
  let hub: Hub
  let folder: string
  const place = async (which: 'first' | 'second') => {
    await copyFile(path.join(fixtures, `${which}.cert.pem`), path.join(folder, 'cert.pem'))
    await copyFile(path.join(fixtures, `${which}.key.pem`), path.join(folder, 'key.pem'))
  }
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rosterhub-tls-'))
    await place('first')
    const files = { TLS_CERT_FILE: path.join(folder, 'cert.pem'), TLS_KEY_FILE: path.join(folder, 'key.pem') }
    hub = await startHub('one machine', { env: files })
  })
  afterAll(async () => {
    await hub?.close()
    await rm(folder, { recursive: true, force: true })
  })
  const portOf = (url: string) => Number(new URL(url).port)

  it('answers on both doors, and asks browsers to stay with it', async () => {
    for (const url of [`${hub.restUrl}${base}/orgs`, hub.graphqlUrl]) {
      const { status, headers } = await getOverTls(url, hub.token())
      expect([200, 400]).toContain(status) // a GET without a query is none to GraphQL
      expect(headers['strict-transport-security']).toBe('max-age=31536000')
    }
  })

  it('answers nobody in plain text and nobody with an old TLS', async () => {
    await expect(fetch(`${hub.restUrl}/health/live`)).rejects.toThrow()
    await expect(subjectAt(portOf(hub.restUrl), 'TLSv1.1')).rejects.toThrow()
    expect(await subjectAt(portOf(hub.restUrl), 'TLSv1.2')).toBe('first')
  })

  it('takes a renewed certificate without a restart, and keeps the one before when the new one is broken', async () => {
    await place('second')
    process.emit('SIGHUP')
    for (const url of [hub.restUrl, hub.graphqlUrl]) expect(await subjectAt(portOf(url))).toBe('second')
    await writeFile(path.join(folder, 'cert.pem'), 'not a certificate')
    process.emit('SIGHUP')
    expect(await subjectAt(portOf(hub.restUrl))).toBe('second')
  })

  it('needs both files', () => {
    expect(() => readConfig({ TLS_CERT_FILE: '/x' })).toThrow(/belong together/)
  })
})

function recorder(names: string[]) {
  return { setHeader: (name: string) => names.push(name), removeHeader: () => undefined }
}

function getOverTls(url: string, token: string): Promise<{ status: number; headers: IncomingMessage['headers'] }> {
  return new Promise((resolve, reject) => {
    const secure = url.replace('http:', 'https:')
    const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }
    httpsRequest(secure, options, (response) => {
      response.resume()
      resolve({ status: response.statusCode!, headers: response.headers })
    })
      .on('error', reject)
      .end()
  })
}

/** The name in the certificate that is shown now. */
function subjectAt(port: number, maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion, minVersion: 'TLSv1' as const }
    const socket: TLSSocket = connect(options, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
