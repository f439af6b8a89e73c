import { once } from 'node:events'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf, coded, describe, errorCodes, type ErrorCode } from './errors'
import { sendJson } from './jsonHttp'
import { log } from './log'
import { presentThrown } from './runOperation'

/** A file on its way to a caller: the mirror of an upload. Whoever holds it reads or destroys `content`. */
export interface Download {
  /** Letters, digits and . _ - only. */
  readonly fileName: string
  readonly contentType: string
  /** Undefined for what is written as it is read; that it broke off is then told by the transfer that does not end. */
  readonly bytes?: number
  readonly content: Readable
}

/** Where a process answers downloads: this and the signed link (downloadLink.ts). */
export const downloadPath = '/downloads/'

/** The signed link of a request for a download; undefined for every other request. */
export function downloadToken({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): string | undefined {
  if (method !== 'GET' || !url?.startsWith(downloadPath)) return undefined
  const token = url.slice(downloadPath.length).split('?')[0]!
  return /^[\w.-]{1,4000}$/.test(token) ? token : undefined
}

/** Answers with the file, at the caller's pace. A caller that goes away, or a source that breaks, ends both sides. */
export async function sendDownload(response: ServerResponse, download: Download): Promise<void> {
  response.writeHead(200, {
    'content-type': download.contentType,
    ...(download.bytes === undefined ? {} : { 'content-length': download.bytes }),
    'content-disposition': `attachment; filename="${download.fileName}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  try {
    await pipeline(download.content, response)
  } catch (error) {
    // The status is out: only the length that is not reached, or the last chunk that never comes, tells the caller.
    const requestId = response.getHeader('X-Request-Id')
    log.info('download ended before its end', { requestId, error: describe(error) })
  }
}

/** A failed download as our own processes tell each other. */
export function sendDownloadFailure(response: ServerResponse, error: unknown, requestId: string | undefined): void {
  const status = errorCodes[codeOf(error) as ErrorCode] ?? 500
  sendJson(response, status, { errors: [presentThrown(error, requestId)] })
}

/** Reads what another of our processes answers to a request for a download. Throws its error; UNAVAILABLE when it does not speak so. */
export async function receiveDownload(request: ClientRequest): Promise<Download> {
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  // What goes wrong from here on is told by the response; without a listener it would end the process.
  request.on('error', () => undefined)
  if (response.statusCode === 200) {
    const {
      'content-type': contentType = '',
      'content-length': bytes,
      'content-disposition': disposition,
    } = response.headers
    const fileName = /filename="([\w.-]+)"/.exec(disposition ?? '')?.[1] ?? 'download'
    const length = bytes === undefined ? {} : { bytes: Number(bytes) }
    return { fileName, contentType, ...length, content: response }
  }
  throw await errorIn(response)
}

async function errorIn(response: IncomingMessage): Promise<Error> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const unavailable = coded('UNAVAILABLE', 'A part of the hub cannot be reached at the moment')
  try {
    const { errors } = JSON.parse(Buffer.concat(chunks).toString()) as {
      errors: { message: string; extensions: { code: ErrorCode } }[]
    }
    return errors[0] ? coded(errors[0].extensions.code, errors[0].message, errors[0].extensions) : unavailable
  } catch {
    return unavailable
  }
}
