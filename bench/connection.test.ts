import { createServer, type AddressInfo, type Server } from 'node:net'
import { headerOf, openConnection, requestBytes } from './connection'

const body = 'ほしぞら市'
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Total-Count: 7\r\n\r\n${body}`,
)
let server: Server
afterEach(() => new Promise((resolve) => server.close(resolve)))

/** Answers every request with these pieces, one after the other. */
async function serving(pieces: readonly Buffer[]): Promise<number> {
  server = createServer((socket) => {
    socket.setNoDelay(true).on('data', () => {
      void pieces.reduce(async (before, piece) => {
        await before
        await new Promise((resolve) => setTimeout(resolve, 2))
        socket.write(piece)
      }, Promise.resolve())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

it.each([1, 10, 19, 40, answer.length - 1])('reads an answer that is cut at byte %s, twice in a row', async (at) => {
  const connection = await openConnection(await serving([answer.subarray(0, at), answer.subarray(at)]))
  for (let time = 0; time < 2; time++) {
    const got = await connection.send(requestBytes('/x'))
    expect({ status: got.status, body: got.body().toString() }).toEqual({ status: 200, body })
    expect(headerOf(got, 'x-total-count')).toBe('7')
  }
  connection.close()
})

it('refuses to measure an answer whose length it does not know', async () => {
  const connection = await openConnection(
    await serving([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')]),
  )
  await expect(connection.send(requestBytes('/x'))).rejects.toThrow('Content-Length')
})
