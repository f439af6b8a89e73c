import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express'
import { callerOf } from './caller'
import type { GatewayError } from './gatewayClient'
import { failureOf } from './statusInfo'
import type { Service } from './rosterService'

/** The codes of RFC 6749 section 5.2, and `temporarily_unavailable` and `server_error` of section 4.1.2.1 for what it has no code for. */
type OAuthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'temporarily_unavailable'
  | 'server_error'

interface Refusal {
  readonly status: number
  readonly error: OAuthError
  readonly description: string
  readonly headers?: Readonly<Record<string, string>>
}

const mutation =
  'mutation issueToken($clientId: String!, $clientSecret: String!, $scope: String)' +
  ' { issueToken(clientId: $clientId, clientSecret: $clientSecret, scope: $scope) { accessToken tokenType expiresIn scope } }'

/**
 * The token endpoint: OAuth 2.0 client credentials (RFC 6749 section 4.4; 1EdTech Security Framework). The client authenticates with HTTP
 * Basic, or with client_id and client_secret in the body, form or JSON; scope is optional.
 */
export function tokenEndpoint({ gateway }: Service): Router {
  const router = Router()
  const isJson = (request: { headers: Request['headers'] }) => /\bjson\b/.test(request.headers['content-type'] ?? '')
  const limit = '16kb'
  const issue: RequestHandler = async (request, response) => {
    const asked = readGrant(request)
    if ('error' in asked) return refuse(response, asked)
    const { data, errors } = await gateway.execute({
      ...callerWithoutCredential(request, response),
      query: mutation,
      variables: { ...asked },
      operationName: 'issueToken',
    })
    if (errors?.length) return refuse(response, refusalOf(errors[0]!))
    const token = data?.['issueToken'] as { accessToken: string; tokenType: string; expiresIn: number; scope: string }
    send(response, 200, {
      access_token: token.accessToken,
      token_type: token.tokenType,
      expires_in: token.expiresIn,
      scope: token.scope,
    })
  }
  router
    .route('/oauth2/token')
    .post(
      express.json({ type: (request) => isJson(request as Request), limit }),
      express.urlencoded({ type: (request) => !isJson(request as Request), limit, extended: false }),
      issue,
    )
    .all((_request, response) => {
      const description = 'Ask for a token with POST'
      refuse(response, { status: 405, error: 'invalid_request', description, headers: { Allow: 'POST' } })
    })
  router.use('/oauth2/token', unreadable)
  return router
}

/** The body could not be read: malformed JSON, too long, an unknown charset. */
const unreadable: ErrorRequestHandler = (error: { status?: unknown }, _request, response, next) => {
  if (typeof error.status !== 'number' || error.status >= 500) return next(error)
  const description = 'The body could not be read: send form fields or a JSON object'
  refuse(response, { status: 400, error: 'invalid_request', description })
}

interface Grant {
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
}

function readGrant(request: Request): Grant | Refusal {
  const body = (request.body ?? {}) as Record<string, unknown>
  const names = ['grant_type', 'client_id', 'client_secret', 'scope']
  // RFC 6749 section 3.2: what is sent without a value counts as left out, and nothing may be sent twice.
  const values = names.map((name) => (Object.hasOwn(body, name) && body[name] !== '' ? body[name] : undefined))
  const wrong = names.find((_name, at) => values[at] !== undefined && typeof values[at] !== 'string')
  if (wrong) return invalidRequest(`${wrong} must be one text, sent once`)
  const [type, clientId, clientSecret, scope] = values as (string | undefined)[]
  if (type === undefined) return invalidRequest('grant_type=client_credentials is missing')
  if (type !== 'client_credentials') {
    const description = 'The only grant type here is client_credentials'
    return { status: 400, error: 'unsupported_grant_type', description }
  }
  const basic = readBasic(request.headers.authorization)
  if (basic === 'malformed') return unauthenticated('The Authorization header is not well-formed HTTP Basic')
  if (basic && clientId !== undefined && clientId !== basic.clientId) {
    return invalidRequest('client_id differs from the one in the Authorization header')
  }
  const client = basic ?? { clientId, clientSecret }
  if (client.clientId === undefined || client.clientSecret === undefined) {
    return unauthenticated('Send client id and secret: HTTP Basic, or client_id and client_secret in the body')
  }
  return { clientId: client.clientId, clientSecret: client.clientSecret, ...(scope ? { scope } : {}) }
}

/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined; many clients leave that out. */
function readBasic(header: string | undefined): { clientId: string; clientSecret: string } | 'malformed' | undefined {
  if (!header) return undefined
  const encoded = /^basic +([A-Za-z0-9+/_-]+=*)$/i.exec(header.trim())?.[1]
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  if (id === undefined || secret === undefined) return 'malformed'
  return { clientId: decoded(id), clientSecret: decoded(secret) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function refusalOf(error: GatewayError): Refusal {
  const { status, headers } = failureOf(error)
  const oauthError = error.extensions?.['oauthError']
  const description = error.message
  if (oauthError === 'invalid_client' || status === 401) return unauthenticated(description)
  if (oauthError === 'invalid_scope') return { status: 400, error: 'invalid_scope', description }
  if (status === 403) return { status: 400, error: 'unauthorized_client', description }
  if (status === 429 || status === 503) {
    return { status, error: 'temporarily_unavailable', description, ...(headers ? { headers } : {}) }
  }
  return status < 500 ? invalidRequest(description) : { status, error: 'server_error', description: 'Internal error' }
}

function invalidRequest(description: string): Refusal {
  return { status: 400, error: 'invalid_request', description }
}

function unauthenticated(description: string): Refusal {
  const headers = { 'WWW-Authenticate': 'Basic realm="RosterHub", charset="UTF-8"' }
  return { status: 401, error: 'invalid_client', description, headers }
}

/** What stands in Authorization here is the client's secret, no access token: the gateway gets it as a variable. */
function callerWithoutCredential(request: Request, response: Response) {
  const { authorization: _authorization, apiKey: _apiKey, ...caller } = callerOf(request, response)
  return caller
}

function refuse(response: Response, { status, error, description, headers }: Refusal): void {
  response.set(headers ?? {})
  send(response, status, { error, error_description: description })
}

function send(response: Response, status: number, body: object): void {
  response.status(status).set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(body)
}
