import type { Request, RequestHandler, Response } from 'express'
import { basePath11 } from '../../oneroster/differences11'
import { withBaseUrl } from '../../oneroster/json'
import type { Config } from '../../platform/config'
import { codeOf } from '../../platform/errors'
import { isOauth1 } from '../../platform/oauth1'
import { callerOf, publicAddress, requireCredential, serviceAddress, type Caller } from '../caller'
import { linkHeader } from '../links'
import { requestIdFor } from '../head'
import { sendFailure, sendJson } from '../render'
import { answerIn, execute, readOrRefuse, splitAtQuery, type Answer, type Service } from '../rosterService'
import { matchRoute, serviceSegments } from '../routes'
import { readRequest11, type Read11 } from './read11'
import { shape, type Document, type ServedName, type View } from './shape'
import { failureBody, warningMember, type Reference } from './statusInfo11'

/**
 * OneRoster 1.1 over the same data: the routes, operations and pages of the 1.2 service, with the parameters, documents and errors of 1.1
 * (oneroster/differences11.ts).
 */
export function rosterService11(service: Service): RequestHandler {
  return (request, response, next) => {
    const [path, search] = splitAtQuery(request.url)
    const segments = serviceSegments(path, [basePath11])
    if (!segments) return next()
    const reference: Reference = {
      requestId: requestIdFor(response),
      operationId: matchRoute(segments)?.endpoint.operationId,
    }
    answerRead(service, request, response, segments, search, reference).catch((error: unknown) =>
      sendFailure(response, error, (failure) => failureBody(failure, error, reference)),
    )
  }
}

/** The steps of a read: credential, request as a typed value, operation, documents, answer. */
async function answerRead(
  { config, gateway }: Service,
  request: Request,
  response: Response,
  segments: readonly string[],
  search: string,
  reference: Reference,
): Promise<void> {
  const caller = signedCaller(request, response, config)
  requireCredential(caller)
  const read = await readOrRefuse(gateway, caller, response, () =>
    readRequest11(request.method, segments, search, today()),
  )
  const { query } = read.operation
  const { operationId, scopes } = read.endpoint
  const data = await execute(gateway, caller, response, query, read.variables, operationId, scopes)
  const settings = (data['self'] as { oneroster11: Settings }).oneroster11
  const answer = answerOrNothing(data, read, settings)
  const { body, headers } = render(read, answer, settings, serviceAddress(request, config, basePath11), reference)
  await sendJson(request, response, body, headers)
}

interface Settings extends Pick<View, 'jsonBooleans' | 'identifierFallback'> {
  readonly unknownParentIsError: boolean
}

/** A signature covers the request line as the client sent it, so the gateway is told that too. */
function signedCaller(request: Request, response: Response, config: Config): Caller {
  const { authorization, ...caller } = callerOf(request, response)
  if (!isOauth1(authorization)) return { ...caller, ...(authorization ? { authorization } : {}) }
  const url = publicAddress(request, config) + request.originalUrl
  return { ...caller, oauth1: { method: request.method, url, authorization } }
}

/** Days are days of UTC, as all times of OneRoster. */
function today(): string {
  return new Date().toISOString().slice(0, 10)
}

/** Microsoft SDS demands an empty list for a school that does not exist; a client may have 404 instead. */
function answerOrNothing(data: Readonly<Record<string, unknown>>, read: Read11, settings: Settings): Answer {
  try {
    return answerIn(data, read)
  } catch (error) {
    if (!read.list || settings.unknownParentIsError || codeOf(error) !== 'UNKNOWN_OBJECT') throw error
    return { rendered: '', total: 0, next: null }
  }
}

/** The collection's key stands first: some clients take the first member for the list. */
function render(
  read: Read11,
  { rendered, total, next }: Answer,
  settings: Settings,
  baseUrl: string,
  reference: Reference,
): { body: string; headers: Record<string, string | number> } {
  const { endpoint, list, path, warnings } = read
  const view: View = { ...settings, baseUrl, day: read.day, role: read.role, fields: read.fields }
  const documents = JSON.parse(`[${withBaseUrl(String(rendered), baseUrl)}]`) as Document[]
  const shown = documents.map((document) => JSON.stringify(shape(endpoint.entity as ServedName, document, view)))
  const value = list ? `[${shown.join(',')}]` : shown[0]!
  const body = `{"${endpoint.rootKey}":${value}${warningMember(warnings, reference)}}`
  const headers = { 'X-Total-Count': list ? total : 1, 'X-Returned-Count': shown.length }
  if (!list) return { body, headers }
  const { limit, offset, repeated } = list
  return { body, headers: { ...headers, Link: linkHeader(baseUrl + path, repeated, { limit, offset, total, next }) } }
}
