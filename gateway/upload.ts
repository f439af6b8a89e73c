import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Upload, type FileUpload } from 'graphql-upload-minimal'
import { operationText } from '../platform/boundRequest'
import { coded, codeOf } from '../platform/errors'
import type { SubgraphOperation } from '../platform/runOperation'

/** Opens a request to a subgraph for this content (boundRequest.ts). */
export type Open = (content: string | Buffer, headers: Record<string, string>) => ClientRequest

/** Where in the variables the file stands, as the multipart request specification writes paths. */
export interface PlacedUpload {
  readonly path: string
  readonly upload: Upload
}

/** The file among the variables; there is at most one, since the door admits one (server.ts). */
export function uploadIn(value: unknown, path = 'variables', levels = mostLevels): PlacedUpload | undefined {
  if (value instanceof Upload) return { path, upload: value }
  if (typeof value !== 'object' || value === null || levels === 0) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const found = uploadIn(inner, `${path}.${key}`, levels - 1)
    if (found) return found
  }
  return undefined
}

/** No argument of the graph has its file so deep; variables that are deeper are refused when they are checked (variableErrors.ts). */
const mostLevels = 100

export async function sendJson(open: Open, operation: SubgraphOperation): Promise<IncomingMessage> {
  const body = Buffer.from(JSON.stringify(operation))
  const request = open(body, { 'content-type': 'application/json', 'content-length': String(body.length) })
  const answer = responseTo(request)
  request.end(body)
  return answer
}

/**
 * Streams the file on as a GraphQL multipart request, at the pace at which the subgraph takes it: never more than a few buffers are here.
 * A client that goes away or sends too much ends the request to the subgraph in the middle, which then drops what it has.
 */
export async function sendUpload(
  open: Open,
  operation: SubgraphOperation,
  { path, upload }: PlacedUpload,
): Promise<IncomingMessage> {
  const file = await upload.promise
  const boundary = `rosterhub-${randomUUID()}`
  // The header tells Apollo's CSRF prevention that no browser form sent this.
  const operations = operationText(operation)
  const request = open(operations, {
    'content-type': `multipart/form-data; boundary=${boundary}`,
    'apollo-require-preflight': 'true',
  })
  const answer = responseTo(request)
  const stream = file.createReadStream()
  let broken: Error | undefined
  stream.once('error', (error) => (broken = error))
  const sent = pipeline(() => multipart(boundary, operations, path, file, stream), request)
  try {
    // A subgraph that refuses answers before it has read everything; the rest of the file is then of no use to anyone.
    const first = await Promise.race([answer, sent.then(() => answer)])
    stream.resume()
    sent.catch(() => undefined)
    return first
  } catch (error) {
    request.destroy()
    answer.catch(() => undefined)
    stream.destroy()
    throw broken ? uploadError(broken) : error
  }
}

/** What the client's side failed with; a limit has said so itself (receiveUpload.ts). */
function uploadError(error: Error): Error {
  return codeOf(error) ? error : coded('UPLOAD_BROKEN', 'The upload ended before all of the file had arrived')
}

async function* multipart(
  boundary: string,
  operations: string,
  path: string,
  { filename, mimetype }: FileUpload,
  stream: Readable,
): AsyncGenerator<Buffer | string> {
  yield field(boundary, 'operations', operations) + field(boundary, 'map', JSON.stringify({ file: [path] }))
  yield (
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quotable(filename)}"\r\n` +
    `content-type: ${/^[\w.+-]+\/[\w.+-]+$/.test(mimetype) ? mimetype : 'application/octet-stream'}\r\n\r\n`
  )
  for await (const chunk of stream) yield chunk as Buffer
  yield `\r\n--${boundary}--\r\n`
}

function field(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
}

/** As browsers write it (WHATWG form-data encoding); a line break in a name would begin a header of its own. */
function quotable(filename: string): string {
  return filename.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

async function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}
