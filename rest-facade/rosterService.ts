import type { Request, RequestHandler, Response } from 'express'
import { withBaseUrl } from '../oneroster/json'
import { scopes } from '../oneroster/scopes'
import type { Config } from '../platform/config'
import { coded } from '../platform/errors'
import type { PassedText } from '../platform/passedText'
import { callerOf, requireCredential, serviceAddress, type Caller } from './caller'
import { discoveryDocument } from './discovery'
import type { GatewayClient } from './gatewayClient'
import { linkHeader } from './links'
import { tellLimit, writeHead } from './head'
import { sendFailure, sendJson } from './render'
import { readRequest, type RosterRead } from './rosterRead'
import {
  isWriteMethod,
  readJson,
  readWrite,
  refuseConditions,
  writableEntity,
  writeAnswer,
  writeFailure,
  type WriteMethod,
} from './rosterWrite'
import { matchRoute, serviceSegments } from './routes'

export interface Service {
  readonly config: Config
  readonly gateway: GatewayClient
}

/** The rostering service: discovery documents for everybody, the 41 operations for who shows a credential. */
export function rosterService(service: Service): RequestHandler {
  return (request, response, next) => {
    const [path, search] = splitAtQuery(request.url)
    const segments = serviceSegments(path)
    if (!segments) return next()
    answerOf(request.method, segments)(service, request, response, segments, search).catch((error: unknown) =>
      sendFailure(response, error),
    )
  }
}

function answerOf(method: string, segments: readonly string[]): typeof answerRead {
  if (segments[0] === 'discovery') return answerDiscovery
  return isWriteMethod(method) && writableEntity(segments) ? answerWrite : answerRead
}

/** The steps of a write: credential, request as a mutation, answer with the record as it is now. */
async function answerWrite(
  { config, gateway }: Service,
  request: Request,
  response: Response,
  segments: readonly string[],
): Promise<void> {
  const caller = callerOf(request, response)
  requireCredential(caller)
  const method = request.method as WriteMethod
  const readBody = async () => {
    refuseConditions(request.headers)
    const sourcedId = matchRoute(segments)?.ids?.['sourcedId']
    if (sourcedId === undefined)
      throw coded('UNKNOWN_OBJECT', 'Unknown Object: the path holds no well-formed sourcedId')
    const body = method === 'DELETE' ? undefined : await readJson(request)
    return readWrite(method, writableEntity(segments)!, sourcedId, body)
  }
  const write = await readOrRefuse(gateway, caller, response, readBody, [scopes.rosterWrite])
  const { query, variables, operationName } = write
  const data = await execute(gateway, caller, response, query, variables, operationName).catch((error: unknown) => {
    throw writeFailure(error)
  })
  const { status, rendered } = writeAnswer(method, data)
  if (rendered === undefined) {
    writeHead(response, status, {})
    return void response.end()
  }
  const document = withBaseUrl(rendered, serviceAddress(request, config))
  await sendJson(request, response, `{"${write.rootKey}":${document}}`, {}, status)
}

/** The steps of a read: credential, request as a typed value, operation, answer. */
async function answerRead(
  { config, gateway }: Service,
  request: Request,
  response: Response,
  segments: readonly string[],
  search: string,
): Promise<void> {
  const caller = callerOf(request, response)
  requireCredential(caller)
  const read = await readOrRefuse(gateway, caller, response, () => readRequest(request.method, segments, search))
  const { operationId, scopes: needs } = read.endpoint
  const data = await execute(gateway, caller, response, read.query, read.variables, operationId, needs)
  const answer = answerIn(data, read)
  const { body, headers } = render(read, answer, serviceAddress(request, config))
  await sendJson(request, response, body, headers)
}

/** What is wrong with a request is told only to those whom the gateway knows and who may ask for such; others hear that they are unknown, or may not. */
export async function readOrRefuse<T>(
  gateway: GatewayClient,
  caller: Caller,
  response: Response,
  parse: () => T | Promise<T>,
  needs?: readonly string[],
): Promise<T> {
  try {
    return await parse()
  } catch (error) {
    await execute(gateway, caller, response, 'query whoAmI { __typename }', {}, 'whoAmI', needs)
    throw error
  }
}

/** Runs one operation for who has one of the scopes it `needs`, and notes how the caller stands with its limit; throws the first of its errors. */
export async function execute(
  gateway: GatewayClient,
  caller: Caller,
  response: Response,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  operationName: string,
  needs?: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  // Named one by one: V8 is slow at adding to a copy of an object.
  const { authorization, apiKey, oauth1, address, requestId, whenGone } = caller
  const who = { authorization, apiKey, oauth1, address, requestId, whenGone, query, variables, operationName, needs }
  const { data, errors, extensions } = await gateway.execute(who)
  if (extensions) tellLimit(response, extensions.rateLimit)
  // Thrown as it is: statusInfo.ts reads code and message of whatever has them.
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  if (errors?.length) throw errors[0]!
  return data ?? {}
}

export interface Answer {
  readonly rendered: string | PassedText
  readonly total: number
  readonly next: string | null
}

/** The answer at the end of the path. A step that is null is an object that does not exist, or not there (OpenAPI: unknownobject). */
export function answerIn(
  data: Readonly<Record<string, unknown>>,
  { operation }: Pick<RosterRead, 'operation'>,
): Answer {
  let at: unknown = data
  for (const field of operation.answerPath) {
    at = (at as Record<string, unknown>)[field]
    if (at === null || at === undefined) {
      throw coded('UNKNOWN_OBJECT', `Unknown Object: there is no ${field.replace(/Of$/, '')} of that sourcedId here`)
    }
  }
  return at as Answer
}

/** Documents come rendered; they get their wrapper and the address of this service, and are never parsed. */
function render(
  { endpoint, list }: RosterRead,
  { rendered, total, next }: Answer,
  baseUrl: string,
): { body: string | Buffer; headers: Record<string, string | number> } {
  // SDS looks for the total on single reads too.
  if (!list)
    return { body: wrapped(`{"${endpoint.rootKey}":`, rendered, '}', baseUrl), headers: { 'X-Total-Count': 1 } }
  const { limit, offset, repeated, path } = list
  const link = linkHeader(baseUrl + path, repeated, { limit, offset, total, next })
  const body = wrapped(`{"${endpoint.rootKey}":[`, rendered, ']}', baseUrl)
  return { body, headers: { 'X-Total-Count': total, Link: link } }
}

/** Bytes stay bytes: read as Latin-1, each is one character, and no character of an address or of JSON's own looks different. */
function wrapped(before: string, rendered: string | PassedText, after: string, baseUrl: string): string | Buffer {
  if (typeof rendered === 'string') return before + withBaseUrl(rendered, baseUrl) + after
  const address = Buffer.from(baseUrl).toString('latin1')
  return Buffer.from(before + withBaseUrl(rendered.bytes.toString('latin1'), address) + after, 'latin1')
}

/** Discovery documents are public: they hold no data, and say where the token endpoint is. */
async function answerDiscovery(
  { config }: Service,
  request: Request,
  response: Response,
  segments: readonly string[],
): Promise<void> {
  const document = segments.length === 2 ? discoveryDocument(segments[1]!, request, config) : undefined
  if (!document) throw coded('UNKNOWN_OBJECT', 'Unknown Object: there is no such discovery document')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw coded('METHOD_NOT_ALLOWED', 'A discovery document can be read only')
  }
  await sendJson(request, response, document, { 'Cache-Control': 'public, max-age=3600' })
}

/** Path and query string of a request line. */
export function splitAtQuery(url: string): [string, string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
