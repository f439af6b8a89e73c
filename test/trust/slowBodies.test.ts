import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { countAttacks } from './attacks'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** Threat: connections that trickle, in the hope that the hub waits for them and for nobody else (slowloris). */
describe('slow requests', () => {
  const attacks = countAttacks('slow requests')
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub('one machine')
  })
  afterAll(async () => {
    await hub?.close()
    attacks.report()
  })

  it('hold up nobody, and are closed', async () => {
    const authorization = `authorization: Bearer ${hub.token()}\r\n`
    const json = 'content-type: application/json\r\ncontent-length: 1000\r\n\r\n'
    const shapes: Record<string, [door: 'rest' | 'graphql', begin: string, more: string]> = {
      'REST, a header that goes on': ['rest', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: ', 'a'],
      'REST, headers without end': ['rest', 'GET / HTTP/1.1\r\nhost: x\r\n', 'a: b\r\n'],
      'REST, a body of the token endpoint': ['rest', `POST /oauth2/token HTTP/1.1\r\nhost: x\r\n${json}`, ' '],
      'REST, a body of a write': ['rest', `PUT ${base}/orgs/x HTTP/1.1\r\nhost: x\r\n${authorization}${json}`, ' '],
      'REST, chunks': [
        'rest',
        'POST /oauth2/token HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n',
        '1\r\na\r\n',
      ],
      'GraphQL, a header that goes on': ['graphql', 'POST /graphql HTTP/1.1\r\nhost: x\r\nx-a: ', 'a'],
      'GraphQL, a body of nobody': ['graphql', `POST /graphql HTTP/1.1\r\nhost: x\r\n${json}`, ' '],
      'GraphQL, a body that stops': ['graphql', `POST /graphql HTTP/1.1\r\nhost: x\r\n${authorization}${json}{`, ''],
      'GraphQL, a body': ['graphql', `POST /graphql HTTP/1.1\r\nhost: x\r\n${authorization}${json}`, ' '],
    }
    const ports = { rest: Number(new URL(hub.restUrl).port), graphql: Number(new URL(hub.graphqlUrl).port) }
    const open = Object.entries(shapes).flatMap(([what, [door, begin, more]]) =>
      Array.from({ length: 10 }, () => ({ what, more, ...opened(ports[door], begin) })),
    )
    const deadline = Date.now() + 120_000
    let slowest = 0
    while (open.some(({ isOpen }) => isOpen()) && Date.now() < deadline) {
      for (const { socket, more, isOpen } of open) if (isOpen()) socket.write(more)
      const began = Date.now()
      const answer = await fetch(`${hub.restUrl}${base}/orgs`, { headers: { authorization: `Bearer ${hub.token()}` } })
      expect(answer.status).toBe(200)
      slowest = Math.max(slowest, Date.now() - began)
      await sleep(1_000)
    }
    expect(slowest).toBeLessThan(15_000)
    for (const { what, isOpen, socket } of open) {
      attacks.tried(what, !isOpen())
      socket.destroy()
    }
  })

  function opened(port: number, begin: string): { socket: Socket; isOpen: () => boolean } {
    const socket = connect(port, '127.0.0.1')
    let closed = false
    socket.on('close', () => (closed = true))
    socket.on('error', () => (closed = true))
    socket.resume()
    socket.write(begin)
    return { socket, isOpen: () => !closed }
  }
})
