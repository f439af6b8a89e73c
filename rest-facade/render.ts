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
 * Sends JSON text: 304 when the caller of a read has it already, compressed when the caller asks for that. Compression runs on zlib's
 * threads at its lowest level, so that other requests go on meanwhile.
 */
export async function sendJson(
  request: Request,
  response: Response,
  body: string | Buffer,
  headers: Headers = {},
  status = 200,
): Promise<void> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const more = ['Vary', 'Accept-Encoding']
  // A write is never "not modified" (RFC 9110 section 13.1.2), and its answer is not what was sent, so has no validator (section 9.3.4).
  if (request.method === 'GET' || request.method === 'HEAD') {
    const etag = `W/"${hash('sha1', bytes, 'base64url')}"`
    more.push('ETag', etag)
    if (isKnown(request.headers['if-none-match'], etag)) {
      writeHead(response, 304, headers, more)
      response.end()
      return
    }
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

/**
 * The encoding that the caller would rather have (RFC 9110 section 12.5.3): of the greater weight, of equal ones brotli, which is smaller.
 * Undefined: none asked for, or the plain text is preferred.
 */
export function encodingOf(accepted: string | string[] | undefined): 'br' | 'gzip' | undefined {
  if (typeof accepted !== 'string') return undefined
  const weights = new Map(accepted.split(',').map(weighted))
  const others = weights.get('*') ?? 0
  const br = weights.get('br') ?? others
  const gzip = weights.get('gzip') ?? others
  const best = Math.max(br, gzip)
  if (best === 0 || best < (weights.get('identity') ?? 0)) return undefined
  return br === best ? 'br' : 'gzip'
}

/** `gzip;q=0.5` as name and weight; without a weight that can be read it is 1 (RFC 9110 section 12.4.2). */
function weighted(offer: string): [name: string, weight: number] {
  const [name, ...parameters] = offer.toLowerCase().split(';')
  const weight = parameters.map((parameter) => /^\s*q=([01](?:\.\d*)?)\s*$/.exec(parameter)?.[1]).find(Boolean)
  return [name!.trim(), weight === undefined ? 1 : Number(weight)]
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (!header) return false
  const strong = etag.slice(2)
  return header.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === strong)
}
