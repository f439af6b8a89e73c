import { connect } from 'node:net'
import { district } from '../rest/district'
import { countAttacks } from './attacks'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** Threat: what a caller writes in a header or a query comes back as a header, a link or a request of its own. */
describe('header injection', () => {
  const attacks = countAttacks('header injection')
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub('one machine', { roster: district })
  })
  afterAll(async () => {
    await hub?.close()
    attacks.report()
  })

  const doors = () => [
    { name: 'REST', port: Number(new URL(hub.restUrl).port), path: `${base}/orgs?limit=1` },
    { name: 'GraphQL', port: Number(new URL(hub.graphqlUrl).port), path: '/graphql?query=%7Btenant%7Bcode%7D%7D' },
  ]
  const authorization = () => `authorization: Bearer ${hub.token()}\r\n`

  it('line breaks in a query never begin a header', async () => {
    const breaks = [
      '%0d%0aSet-Cookie:%20a=b',
      '%0aX-Evil:%201',
      '%0d%0a%0d%0a<script>',
      '%E5%98%8A%E5%98%8DX-Evil:1',
      '%00%0d%0aX-Evil:1',
    ]
    for (const value of breaks) {
      for (const query of [
        `x=${value}`,
        `limit=1&filter=${value}`,
        `limit=1&${value}=1`,
        `sort=${value}`,
        `limit=1&fields=${value}`,
      ]) {
        const answer = await raw(
          doors()[0]!.port,
          `GET ${base}/orgs?${query} HTTP/1.1\r\nhost: x\r\n${authorization()}connection: close\r\n\r\n`,
        )
        attacks.tried(query, isClean(answer), answer.slice(0, 800))
      }
    }
  })

  it('an id of a request comes back only when it is harmless', async () => {
    const ids = [
      'a b',
      '<script>',
      '"',
      "';drop",
      'a'.repeat(129),
      '\x7f',
      '日本',
      'a\tb',
      '${jndi:ldap://x}',
      '{"a":1}',
      '%0d%0aX-Evil: 1',
    ]
    for (const { name, port, path } of doors()) {
      for (const id of ids) {
        const answer = await raw(
          port,
          `GET ${path} HTTP/1.1\r\nhost: x\r\n${authorization()}x-request-id: ${id}\r\nconnection: close\r\n\r\n`,
        )
        const returned = /^x-request-id: (.*)$/im.exec(answer)?.[1]?.trim()
        attacks.tried(`${name} ${id}`, isClean(answer) && returned !== id, returned)
      }
      const answer = await raw(
        port,
        `GET ${path} HTTP/1.1\r\nhost: x\r\n${authorization()}x-request-id: my-id.1:2\r\nconnection: close\r\n\r\n`,
      )
      expect(answer).toMatch(/^x-request-id: my-id\.1:2\r$/im)
    }
  })

  it('a host that is none does not come back in links, and no header names another', async () => {
    const hosts = [
      'evil.example/"><script>',
      'a b',
      'x@evil.example',
      'evil.example:99999999',
      '"',
      '\\',
      '[::1',
      'a,b',
      '',
    ]
    for (const host of hosts) {
      const answer = await raw(
        doors()[0]!.port,
        `GET ${base}/users?limit=1 HTTP/1.1\r\nhost: ${host}\r\n${authorization()}connection: close\r\n\r\n`,
      )
      attacks.tried(
        `host ${host}`,
        isClean(answer) && !/evil\.example[/"]|<script>|x@evil/.test(answer),
        answer.slice(0, 800),
      )
    }
    for (const header of [
      'x-forwarded-host',
      'forwarded',
      'x-host',
      'x-original-url',
      'x-rewrite-url',
      'x-forwarded-prefix',
      'x-http-method-override',
    ]) {
      const value =
        header === 'forwarded' ? 'host=evil.example' : header.includes('url') ? '/oauth2/token' : 'evil.example'
      const answer = await raw(
        doors()[0]!.port,
        `GET ${base}/users?limit=1 HTTP/1.1\r\nhost: x\r\n${header}: ${value}\r\n${authorization()}connection: close\r\n\r\n`,
      )
      attacks.tried(header, answer.startsWith('HTTP/1.1 200') && !answer.includes('evil.example'), answer.slice(0, 800))
    }
  })

  it('a request is one request: what smuggles a second one is refused', async () => {
    const second = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'
    const bodies = [
      `content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
      `transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${second}`,
      `transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${second}`,
      `content-length: 5\r\ncontent-length: 6\r\n\r\nabcde${second}`,
      `content-length: +5\r\n\r\nabcde`,
      `transfer-encoding : chunked\r\n\r\n0\r\n\r\n${second}`,
      `transfer-encoding: chunked\r\n\r\nzz\r\n\r\n${second}`,
    ]
    for (const { name, port } of doors()) {
      for (const body of bodies) {
        const answer = await raw(port, `POST /oauth2/token HTTP/1.1\r\nhost: x\r\n${body}`)
        const statuses = answer.match(/HTTP\/1\.1 \d\d\d/g) ?? []
        attacks.tried(
          `${name} ${JSON.stringify(body.slice(0, 60))}`,
          statuses.length <= 1 && !answer.includes('HTTP/1.1 200'),
          answer.slice(0, 400),
        )
      }
    }
  })

  it('headers without end are not read', async () => {
    for (const { name, port, path } of doors()) {
      const answer = await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`)
      attacks.tried(`${name} long header`, !answer.includes('HTTP/1.1 200'), answer.slice(0, 100))
      const many = Array.from({ length: 5_000 }, (_value, n) => `x-${n}: 1\r\n`).join('')
      const crowd = await raw(port, `GET ${path} HTTP/1.1\r\nhost: x\r\n${many}\r\n`)
      attacks.tried(`${name} many headers`, !crowd.includes('HTTP/1.1 200'), crowd.slice(0, 100))
    }
  })

  function isClean(answer: string): boolean {
    const [head = ''] = answer.split('\r\n\r\n')
    return !/^(set-cookie|x-evil)/im.test(head) && !/^HTTP\/1\.1 5/.test(answer)
  }

  /** Sends bytes as they are and answers what came until the connection closed or fell silent. */
  function raw(port: number, text: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let answer = ''
      const end = () => {
        socket.destroy()
        resolve(answer)
      }
      // A second answer would come right behind the first one.
      socket.setTimeout(30_000, end)
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1')
        socket.setTimeout(1_500)
      })
      socket.on('close', end)
      socket.on('error', end)
      socket.write(Buffer.from(text, 'utf8'))
    })
  }
})
