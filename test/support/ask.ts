import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import type { Hub } from './hub'

type Door = Pick<Hub, 'graphqlUrl'>

export interface GraphQLAnswer {
  readonly status: number
  readonly headers: Headers
  // Answers differ by query; a test says what it expects.
  readonly data: any
  readonly errors: { message: string; path?: unknown[]; extensions: { code: string } & Record<string, unknown> }[]
}

/** Asks the GraphQL door as a client does. */
export async function ask(
  hub: Door,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<GraphQLAnswer> {
  const response = await fetch(hub.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as GraphQLAnswer
  return { status: response.status, headers: response.headers, data, errors }
}

/** The data of an answer that must have no errors. */
export async function dataOf(...asked: Parameters<typeof ask>): Promise<any> {
  const { data, errors } = await ask(...asked)
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

const issueToken = `mutation ($clientId: String!, $clientSecret: String!, $scope: String) {
  issueToken(clientId: $clientId, clientSecret: $clientSecret, scope: $scope) { accessToken tokenType expiresIn scope }
}`

/** An access token, as the GraphQL door gives it. */
export function requestToken(
  hub: Door,
  client: { clientId: string; clientSecret: string },
  scope?: string,
): Promise<GraphQLAnswer> {
  const { clientId, clientSecret } = client
  return ask(hub, issueToken, { clientId, clientSecret, ...(scope === undefined ? {} : { scope }) })
}

/** The Authorization header of a client. */
export async function bearer(
  hub: Door,
  client: { clientId: string; clientSecret: string },
  scope?: string,
): Promise<{ authorization: string }> {
  const { data, errors } = await requestToken(hub, client, scope)
  if (errors) throw new Error(JSON.stringify(errors))
  return { authorization: `Bearer ${data.issueToken.accessToken}` }
}

/** A GET with a body of JSON, which fetch does not send. */
export async function getWithBody(
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<Pick<GraphQLAnswer, 'status' | 'errors'>> {
  const more = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  const sent = request(url, { headers: { ...headers, ...more, 'apollo-require-preflight': '1' } }).end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const { errors } = (await json(response)) as GraphQLAnswer
  return { status: response.statusCode ?? 0, errors }
}
