import { once } from 'node:events'
import { get as httpGet, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import express from 'express'
import { coded } from '../../platform/errors'
import { signingKeysOf } from '../../platform/signingKeys'
import { httpGatewayClient, type GatewayClient, type GatewayRequest } from '../../rest-facade/gatewayClient'
import { serveRestFacade } from '../../rest-facade/server'
import { district, oddClassId } from './district'
import { base, get, recordsOf, request } from './rest'
import { official } from './schemas'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

/** A request as bytes, for what fetch would tidy up. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<IncomingMessage & { body: Buffer }> {
  return new Promise((resolve, reject) => {
    const all = { Authorization: `Bearer ${hub.token()}`, ...headers }
    const outgoing = httpRequest(hub.restUrl, { path, headers: all, method: 'GET' }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(Object.assign(answer, { body: Buffer.concat(chunks) })))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

describe('chapter 12, HTTP', () => {
  test.each([`${base}//users/`, `//ims/oneroster//rostering/v1p2/users`, `/ims/oneroster/v1p2/users//`])(
    '%s is read as /users',
    async (path) => {
      expect((await raw(path)).body.equals((await raw(`${base}/users`)).body)).toBe(true)
    },
  )

  test('a request line may name scheme and host, as some proxies send it', async () => {
    const answer = await raw(`${hub.restUrl}${base}/users`)
    expect(answer.body.equals((await raw(`${base}/users`)).body)).toBe(true)
    expect((await raw(`HTTP://elsewhere.example${base}/users?limit=0`)).statusCode).toBe(400)
    expect((await raw('http://elsewhere.example')).statusCode).toBe(404)
  })

  test('a GET may carry a body, which means nothing', async () => {
    const answer = await raw(
      `${base}/orgs`,
      { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '9' },
      'limit=abc',
    )
    expect(answer.statusCode).toBe(200)
  })

  test('an id of 255 characters with slashes and at signs is found, and its links lead back', async () => {
    const path = `/classes/${encodeURIComponent(oddClassId)}`
    expect((await get(hub, path)).json.class.sourcedId).toBe(oddClassId)
    const [enrollment] = recordsOf(await get(hub, `${path}/students?limit=1`))
    expect(enrollment).toBeDefined()
    const href = (await get(hub, '/enrollments/enrollment-0-0')).json.enrollment.class.href as string
    expect(href.length).toBeGreaterThan(255)
    expect((await request(hub, href)).json.class.sourcedId).toBe(oddClassId)
  })

  test('every href of a page resolves', async () => {
    const hrefs = new Set(
      [...(await get(hub, '/classes?limit=5')).text.matchAll(/"href":"([^"]+)"/g)].map(([, href]) => href!),
    )
    expect(hrefs.size).toBeGreaterThan(5)
    for (const href of hrefs) expect(await request(hub, href)).toMatchObject({ status: 200 })
  })

  test('what is unchanged is not sent again', async () => {
    for (const path of ['/users?limit=5', '/users/user-0000']) {
      const etag = (await get(hub, path)).headers.get('etag')!
      const headers = { Authorization: `Bearer ${hub.token()}` }
      const again = await request(hub, base + path, { headers: { ...headers, 'If-None-Match': `"x", ${etag}` } })
      expect(again).toMatchObject({ status: 304, text: '' })
      expect(again.headers.get('etag')).toBe(etag)
      expect(await request(hub, base + path, { headers: { ...headers, 'If-None-Match': '"other"' } })).toMatchObject({
        status: 200,
      })
    }
    const [one, two] = [await get(hub, '/users?limit=5'), await get(hub, '/users?limit=6')]
    expect(one.headers.get('etag')).not.toBe(two.headers.get('etag'))
  })

  test('a page is compressed for who asks, and only then', async () => {
    const plain = await raw(`${base}/users`)
    expect(plain.headers).not.toHaveProperty('content-encoding')
    const accepted: [string, string | undefined][] = [
      ['gzip, deflate', 'gzip'],
      ['gzip, deflate, br', 'br'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['identity', undefined],
    ]
    for (const [accept, encoding] of accepted) {
      const answer = await raw(`${base}/users`, { 'Accept-Encoding': accept })
      expect(answer.headers['content-encoding']).toBe(encoding)
      expect(answer.headers.vary).toBe('Accept-Encoding')
      const body =
        encoding === 'br' ? brotliDecompressSync(answer.body) : encoding ? gunzipSync(answer.body) : answer.body
      expect(body.equals(plain.body)).toBe(true)
    }
    expect(
      (await raw(`${base}/users/user-0000?fields=email`, { 'Accept-Encoding': 'gzip' })).headers,
    ).not.toHaveProperty('content-encoding')
  })

  test('every answer keeps out of caches and frames, and carries the id of its request', async () => {
    for (const path of [`${base}/users`, `${base}/nope`, '/oauth2/token', '/nope', '/health']) {
      const answer = await raw(path, { 'X-Request-Id': 'vendor-1:42' })
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-request-id': 'vendor-1:42',
      })
      expect(answer.headers).not.toHaveProperty('x-powered-by')
    }
    const forged = await raw(`${base}/orgs`, { 'X-Request-Id': 'a b"c' })
    expect(forged.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/)
  })

  test('a Host that is no name gets into no link', async () => {
    const answer = await raw(`${base}/users?limit=1`, { Host: 'evil"><x' })
    expect(answer.body.toString()).not.toContain('evil')
    expect(JSON.parse(answer.body.toString()).users).toHaveLength(1)
  })

  test('health and metrics answer without a credential', async () => {
    for (const path of ['/health', '/health/live', '/health/ready']) {
      expect(await request(hub, path, { headers: {} })).toMatchObject({ status: 200, json: { status: 'ok' } })
    }
    const metrics = await fetch(`${hub.restUrl}/metrics`)
    expect(await metrics.text()).toContain('rosterhub_request_duration_seconds')
  })
})

describe('chapter 10, discovery', () => {
  const names = ['onerosterv1p2rostersservice_openapi3_v1p0.json', 'imsorv1p2_rostering_openapi3_v1p0.json']
  test.each(names)('%s describes this service, for everybody', async (name) => {
    const answer = await request(hub, `${base}/discovery/${name}`, { headers: {} })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toContain('max-age')
    const { servers, components, paths, openapi } = answer.json
    expect(openapi).toMatch(/^3\./)
    expect(servers).toEqual([{ url: hub.restUrl + base, description: expect.any(String) }])
    const { tokenUrl, scopes } = components.securitySchemes.OAuth2CC.flows.clientCredentials
    expect(tokenUrl).toBe(`${hub.restUrl}/oauth2/token`)
    expect(Object.keys(scopes)).toHaveLength(3)
    expect(paths).toEqual(official.paths)
    expect(components.schemas).toEqual(official.components.schemas)
  })

  test('under the alias too, and only with GET', async () => {
    expect(await request(hub, `/ims/oneroster/v1p2/discovery/${names[0]}`, { headers: {} })).toMatchObject({
      status: 200,
    })
    expect(await request(hub, `${base}/discovery/${names[0]}`, { method: 'POST', headers: {} })).toMatchObject({
      status: 405,
    })
    expect(await request(hub, `${base}/discovery/other.json`, { headers: {} })).toMatchObject({ status: 404 })
  })
})

describe('a facade before a gateway in trouble', () => {
  async function facadeBefore(gateway: GatewayClient) {
    const facade = await serveRestFacade({ config: hub.config, gateway })
    const url = `http://127.0.0.1:${facade.port}${base}/users`
    return { close: facade.close, url, ask: () => fetch(url, { headers: { 'X-API-Key': 'x' } }) }
  }

  test.each([
    [coded('SERVER_BUSY', 'slow down', { retryAfterSeconds: 7 }), 429, '7', 'server_busy'],
    [coded('UNAVAILABLE', 'away'), 503, '5', 'server_busy'],
    [coded('INTERNAL_SERVER_ERROR', 'log id 1'), 500, null, 'internal_server_error'],
    [{ message: 'select secret', extensions: {} }, 500, null, 'internal_server_error'],
  ])('%s is answered %s', async (error, status, retryAfter, codeMinor) => {
    const facade = await facadeBefore({ execute: async () => ({ errors: [error] }) })
    const answer = await facade.ask()
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe(retryAfter)
    const body = await answer.text()
    expect(body).toContain(codeMinor)
    expect(body).not.toContain('secret')
    await facade.close()
  })

  test('a client that goes away stops its query', async () => {
    let asked: (request: GatewayRequest) => void
    const begun = new Promise<GatewayRequest>((resolve) => (asked = resolve))
    const facade = await facadeBefore({
      execute: (request) => {
        asked(request)
        return new Promise((resolve) =>
          request.whenGone!().addEventListener('abort', () => resolve({ errors: [coded('UNAVAILABLE', '')] })),
        )
      },
    })
    const outgoing = httpGet(facade.url, { headers: { 'X-API-Key': 'x' } })
    outgoing.on('error', () => undefined)
    const signal = (await begun).whenGone!()
    expect(signal.aborted).toBe(false)
    outgoing.destroy()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await facade.close()
  })

  test('while it is being stopped a request that was begun before is refused in full form', async () => {
    const facade = await facadeBefore({ execute: async () => ({ data: {} }) })
    const socket = connect(Number(new URL(facade.url).port), '127.0.0.1')
    let answer = ''
    const ended = new Promise((resolve) => socket.on('data', (chunk) => (answer += String(chunk))).on('close', resolve))
    socket.write(`GET ${base}/users HTTP/1.1\r\nX-Request-Id: late\r\n`)
    await once(socket, 'connect')
    // The server is in this process: in some turns it has taken the connection and read what came.
    for (let turn = 0; turn < 20; turn++) await sleep(5)
    const closed = facade.close()
    socket.write('Host: localhost\r\n\r\n')
    await Promise.all([ended, closed])
    expect(answer).toMatch(/^HTTP\/1.1 503 /)
    for (const header of ['Connection: close', 'Cache-Control: no-store', 'X-Request-Id: late', 'Retry-After: 5'])
      expect(answer).toContain(`\r\n${header}\r\n`)
  })

  test('while it is being stopped it answers what is under way, and takes nothing new', async () => {
    let answer: (value: { data: object }) => void
    let asked: () => void
    const begun = new Promise<void>((resolve) => (asked = resolve))
    const facade = await facadeBefore({
      execute: () => {
        asked()
        return new Promise((resolve) => (answer = resolve as typeof answer))
      },
    })
    const underWay = facade.ask()
    await begun
    const closed = facade.close()
    answer!({ data: { users: { rendered: '', total: 0, next: null } } })
    expect((await underWay).status).toBe(200)
    await closed
    await expect(facade.ask()).rejects.toThrow()
  })
})

/** Both ways to the gateway hold the same contract. */
describe('a gateway over HTTP', () => {
  test('what is no answer of a gateway is UNAVAILABLE, and nothing is thrown', async () => {
    const app = express().use((_request, response) => void response.status(502).send('<html>'))
    const server = app.listen(0)
    const { port } = server.address() as { port: number }
    const asked = { query: '{ __typename }', address: '127.0.0.1', requestId: 'x' }
    for (const gatewayUrl of [`http://127.0.0.1:${port}/graphql`, 'http://127.0.0.1:1/graphql']) {
      const client = httpGatewayClient({ gatewayUrl, signingKeys: signingKeysOf('x') })
      expect((await client.execute(asked)).errors![0]!.extensions).toMatchObject({ code: 'UNAVAILABLE' })
      await client.close!()
    }
    server.closeAllConnections()
    server.close()
  })
})
