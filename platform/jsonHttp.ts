import type { IncomingMessage, ServerResponse } from 'node:http'
import { coded } from './errors'
import { passedTextHeader, splitAnswer, takesPassedText } from './passedText'

/** Whether this is a GraphQL request in JSON, as our own processes send it. */
export function isOperation({ method, url, headers }: IncomingMessage): boolean {
  return method === 'POST' && url === '/graphql' && headers['content-type']?.startsWith('application/json') === true
}

/** The operation in the body. Throws INVALID_DATA when there is none or it is longer than `largest` bytes, and what `check` throws of the bytes. */
export async function readOperation<Operation extends { readonly query: string }>(
  request: IncomingMessage,
  largest: number,
  check?: (body: Buffer) => void,
): Promise<Operation> {
  const body = await readBody(request, largest)
  check?.(body)
  try {
    const operation = JSON.parse(body.toString('utf8')) as Operation | null
    if (typeof operation?.query === 'string') return operation
  } catch {
    // Told below, as any other body that is none.
  }
  throw coded('INVALID_DATA', 'The body is not a GraphQL operation')
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length })
  response.end(bytes)
}

/** Sends the answer of an operation, a long text in it behind the JSON when the asking process takes it so. */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: object): void {
  if (request.headers[passedTextHeader] !== takesPassedText) return sendJson(response, 200, answer)
  const { json, passed } = splitAnswer(answer)
  response.setHeader('content-type', 'application/json; charset=utf-8')
  if (passed) response.setHeader(passedTextHeader, passed.header)
  response.setHeader('content-length', json.length + (passed?.text.length ?? 0))
  if (passed) response.write(json)
  response.end(passed?.text ?? json)
}

async function readBody(request: IncomingMessage, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > largest) throw coded('INVALID_DATA', `An operation has at most ${largest} bytes`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
