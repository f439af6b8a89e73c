import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * OAuth 1.0a signatures without a token ("two-legged", RFC 5849), as clients of OneRoster 1.1 send them. Pure: who may sign, and whether a
 * nonce was seen before, is decided elsewhere.
 */
export const signatureMethods = { HMAC_SHA256: 'HMAC-SHA256', HMAC_SHA1: 'HMAC-SHA1' } as const
export type SignatureMethod = keyof typeof signatureMethods

/** A request as it was signed: what of it a signature covers, and the Authorization header that holds the signature. */
export interface SignedRequest {
  readonly method: string
  /** Absolute, as the client called it: public scheme and host, path and query string as they came on the wire. */
  readonly url: string
  readonly authorization: string
}

/** The fields of the header that have a meaning of their own, and all pairs that are signed. */
export interface Signature {
  readonly consumerKey: string
  readonly method: SignatureMethod
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly nonce: string
  readonly signature: string
  readonly parameters: readonly (readonly [string, string])[]
}

const digests: Record<SignatureMethod, string> = { HMAC_SHA256: 'sha256', HMAC_SHA1: 'sha1' }

export function isOauth1(authorization: string | undefined): authorization is string {
  return authorization !== undefined && /^oauth\s/i.test(authorization)
}

/** Reads the Authorization header (RFC 5849 section 3.5.1); undefined when it is not a complete and unambiguous signature. */
export function readSignature({ authorization }: SignedRequest): Signature | undefined {
  const pairs = readHeader(authorization)
  if (!pairs) return undefined
  const values = new Map(pairs)
  // The same name twice could be read one way here and another way there.
  if (values.size !== pairs.length) return undefined
  const named = Object.entries(signatureMethods).find(([, name]) => name === values.get('oauth_signature_method'))
  const [consumerKey, timestamp, nonce, signature] = ['consumer_key', 'timestamp', 'nonce', 'signature'].map((name) =>
    values.get(`oauth_${name}`),
  )
  if (!named || !consumerKey || !signature || !nonce || nonce.length > 128 || !/^\d{1,12}$/.test(timestamp ?? ''))
    return undefined
  if ((values.get('oauth_version') ?? '1.0') !== '1.0' || values.get('oauth_token')) return undefined
  const parameters = pairs.filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
  return {
    consumerKey,
    method: named[0] as SignatureMethod,
    timestamp: Number(timestamp),
    nonce,
    signature,
    parameters,
  }
}

/**
 * Whether the signature was made with one of the secrets. Every form is computed and compared in constant time, so that neither the time
 * nor the order tells anything.
 */
export function isSignedWith(secrets: readonly string[], request: SignedRequest, signature: Signature): boolean {
  const given = Buffer.from(signature.signature)
  let isRight = false
  for (const secret of secrets) {
    for (const encode of encoders) {
      const expected = Buffer.from(sign(request, signature, secret, encode))
      if (expected.length === given.length && timingSafeEqual(expected, given)) isRight = true
    }
  }
  return isRight
}

/** The signature of a request (RFC 5849 section 3.4.2); the token secret is empty. */
export function sign(
  request: Pick<SignedRequest, 'method' | 'url'>,
  { method, parameters }: Pick<Signature, 'method' | 'parameters'>,
  secret: string,
  encode: Encoder = percentEncode,
): string {
  return createHmac(digests[method], `${percentEncode(secret)}&`)
    .update(baseString(request, parameters, encode))
    .digest('base64')
}

type Encoder = (text: string) => string

/** RFC 5849 section 3.6: letters, digits and - . _ ~ stand for themselves, nothing else does. */
export function percentEncode(text: string): string {
  return javascriptEncode(text).replace(/[!()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** ClassLink's library for JavaScript leaves these four signs as they are. */
function javascriptEncode(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27')
}

/** ClassLink's library for Python leaves the slash of a value as it is. */
function pythonEncode(text: string): string {
  return percentEncode(text).replaceAll('%2F', '/')
}

/** The RFC's first, then those of widely used libraries that differ from it. Each covers every parameter. */
const encoders: readonly Encoder[] = [percentEncode, javascriptEncode, pythonEncode]

/** RFC 5849 section 3.4.1. Only the encoding of single values differs between libraries; the outer one keeps `!()*` as the inner one did. */
function baseString(
  { method, url }: Pick<SignedRequest, 'method' | 'url'>,
  signed: Signature['parameters'],
  encode: Encoder,
): string {
  const at = url.indexOf('?')
  const query = at < 0 ? '' : url.slice(at + 1)
  const parameters = [...signed, ...formPairs(query)]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
    .map((pair) => pair.join('='))
    .join('&')
  const encodeAll = encode === javascriptEncode ? javascriptEncode : percentEncode
  return [method.toUpperCase(), percentEncode(baseUrl(at < 0 ? url : url.slice(0, at))), encodeAll(parameters)].join(
    '&',
  )
}

/** Scheme and host in lower case, without the scheme's own port; the path as it was sent (RFC 5849 section 3.4.1.2). */
function baseUrl(address: string): string {
  const [, origin = '', path = ''] = /^([a-z]+:\/\/[^/]*)(.*)$/is.exec(address) ?? []
  const { protocol, host } = new URL(origin)
  return `${protocol}//${host}${path || '/'}`
}

/** Form decoding (a plus is a blank); what is not well-formed stands for itself. */
function formPairs(query: string): [string, string][] {
  return query
    .split('&')
    .filter(Boolean)
    .map((part) => {
      const equals = part.indexOf('=')
      const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
      return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))]
    })
}

function readHeader(authorization: string): [string, string][] | undefined {
  const list = /^oauth\s+(.*)$/is.exec(authorization)?.[1]
  const pairs: [string, string][] = []
  for (const part of list?.split(',') ?? []) {
    if (part.trim() === '') continue
    const [, name, value] = /^\s*([^=\s"]+)\s*=\s*"([^"]*)"\s*$/.exec(part) ?? []
    if (name === undefined || value === undefined) return undefined
    pairs.push([decode(name), decode(value)])
  }
  return list === undefined ? undefined : pairs
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
