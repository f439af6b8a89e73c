import { connect, type Socket } from 'node:net'

/** One request after another over one kept connection; lean, so that the client takes as little of the machine as it can. */
export interface Connection {
  /** Sends the bytes of one HTTP request and reads its answer. Rejects when the connection breaks. */
  send(request: Buffer): Promise<Answer>
  close(): void
}

export interface Answer {
  readonly status: number
  /** Header lines as they came. */
  readonly head: string
  readonly body: () => Buffer
  readonly bytes: number
  /** From the first byte sent to the last byte received. */
  readonly milliseconds: number
}

/** The bytes of a GET or, with a body, a POST of JSON. */
export function requestBytes(path: string, headers: Readonly<Record<string, string>> = {}, body?: string): Buffer {
  const lines = [`${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`, 'Host: 127.0.0.1']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
}

/** Opens a connection to a server of this machine. */
export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return { send: (request) => exchange(socket, request), close: () => socket.destroy() }
}

function exchange(socket: Socket, request: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    let chunks: Buffer[] = []
    let received = 0
    let head: string | undefined
    let expected = Infinity

    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      received += chunk.length
      if (head === undefined) readHead()
      if (received < expected) return
      const milliseconds = performance.now() - started
      done()
      resolve({
        status: Number(head!.slice(9, 12)),
        head: head!,
        body: () => Buffer.concat(chunks),
        bytes: expected,
        milliseconds,
      })
    }
    const readHead = () => {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      head = bytes.toString('latin1', 0, end)
      const length = /^content-length: *(\d+)/im.exec(head)?.[1]
      if (length === undefined)
        return onEnd(new Error(`an answer without Content-Length cannot be measured: ${head.slice(0, 300)}`))
      chunks = [bytes.subarray(end + 4)]
      received = chunks[0]!.length
      expected = Number(length)
    }
    const onEnd = (error?: Error) => {
      done()
      socket.destroy()
      reject(error instanceof Error ? error : new Error('the server closed the connection'))
    }
    const done = () => {
      socket.off('data', onData).off('error', onEnd).off('close', onEnd)
    }
    socket.on('data', onData).on('error', onEnd).on('close', onEnd)
    socket.write(request)
  })
}

/** The value of a header of an answer, in any case of letters. */
export function headerOf({ head }: Answer, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?) *$`, 'im').exec(head)?.[1]
}
