import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Request, Response } from 'express'
import { writeHead, type Headers } from './head'
import { failureOf, statusInfo, type Failure } from './statusInfo'

const compressors = {
  br: (body: Buffer) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  gzip: (body: Buffer) => promisify(gzip)(body, { level: 1 }),
}
/** Below a packet or so, compressing saves nothing. */
const leastToCompress = 1_400

/**
 * Sends JSON text: 304 when the caller has it already, compressed when the caller asks for that. Compression runs on zlib's threads at its
 * lowest level, so that other requests go on meanwhile.
 */
export async function sendJson(
  request: Request,
  response: Response,
  body: string | Buffer,
  headers: Headers = {},
  status = 200,
): Promise<void> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const etag = `W/"${hash('sha1', bytes, 'base64url')}"`
  const more = ['ETag', etag, 'Vary', 'Accept-Encoding']
  if (isKnown(request.headers['if-none-match'], etag)) {
    writeHead(response, 304, headers, more)
    response.end()
    return
  }
  const encoding = bytes.length < leastToCompress ? undefined : encodingOf(request.headers['accept-encoding'])
  const sent = encoding ? await compressors[encoding](bytes) : bytes
  more.push('Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(sent.length))
  if (encoding) more.push('Content-Encoding', encoding)
  writeHead(response, status, headers, more)
  response.end(sent)
}

/** Sends the status object of a failure. */
export function sendFailure(
  response: Response,
  error: unknown,
  bodyOf: (failure: Failure, error: unknown) => string = statusInfo,
): void {
  if (response.headersSent || response.destroyed) return
  const failure = failureOf(error)
  const body = Buffer.from(bodyOf(failure, error))
  writeHead(response, failure.status, {
    ...failure.headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
  })
  response.end(body)
}

/** The best encoding that the caller accepts (RFC 9110 section 12.5.3); undefined: none asked for. */
export function encodingOf(accepted: string | string[] | undefined): 'br' | 'gzip' | undefined {
  if (typeof accepted !== 'string') return undefined
  const offers = accepted.split(',').map((offer) => offer.trim().toLowerCase())
  const takes = (name: string) =>
    offers.some((offer) => offer.split(';')[0]!.trim() === name && !/;\s*q=0(\.0*)?$/.test(offer))
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : undefined
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (!header) return false
  const strong = etag.slice(2)
  return header.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === strong)
}
