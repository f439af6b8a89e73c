import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as httpsRequest } from 'node:https'
import { requestDigest } from '../platform/boundRequest'
import { downloadPath, receiveDownload } from '../platform/download'
import { coded, describe } from '../platform/errors'
import { identityHeader, signIdentity, type Identity } from '../platform/identity'
import type { Signing } from '../platform/signingKeys'
import { log } from '../platform/log'
import { joinAnswer, passedTextHeader, takesPassedText } from '../platform/passedText'
import type { WhenGone } from '../platform/whenGone'
import type { SubgraphAnswer, SubgraphOperation } from '../platform/runOperation'
import type { SendOptions, SubgraphLink } from './subgraphRequest'
import { sendJson, sendUpload, uploadIn, type Open } from './upload'

/** Silence of the subgraph after which the caller is told to come back later. */
const silenceMilliseconds = 60_000

/**
 * A subgraph behind a URL. Every request carries a fresh signed statement of who is calling; connections are kept and reused. Files are
 * streamed on (upload.ts). Throws UNAVAILABLE when the subgraph cannot be reached or does not answer in its language.
 */
export function remoteSubgraph(name: string, url: string, signing: Signing): SubgraphLink {
  const target = new URL(url)
  const secure = target.protocol === 'https:'
  // Idle connections are dropped well before the subgraph drops them (65 s), else a request meets a closed socket now and then.
  const options = { keepAlive: true, maxSockets: 256, timeout: silenceMilliseconds }
  const agent = secure ? new TlsAgent(options) : new Agent(options)

  function open(
    identity: Identity,
    whenGone: WhenGone | undefined,
    content: string | Buffer,
    headers: Record<string, string>,
  ): ClientRequest {
    return (secure ? httpsRequest : httpRequest)(target, {
      method: 'POST',
      agent,
      ...(whenGone ? { signal: whenGone() } : {}),
      headers: {
        accept: 'application/json',
        [identityHeader]: signIdentity(identity, signing, requestDigest(name, content)),
        'x-request-id': identity.requestId,
        ...headers,
      },
    })
  }

  async function exchange(operation: SubgraphOperation, identity: Identity, options: SendOptions) {
    const upload = uploadIn(operation.variables)
    let request: ClientRequest | undefined
    try {
      const asks: Record<string, string> = options.passesText ? { [passedTextHeader]: takesPassedText } : {}
      const opened: Open = (content, headers) =>
        (request = open(identity, options.whenGone, content, { ...asks, ...headers }))
      const response = await (upload ? sendUpload(opened, operation, upload) : sendJson(opened, operation))
      return await readAnswer(response)
    } catch (error) {
      if (isStale(error, request) && !upload && !/^\s*mutation/.test(operation.query)) return undefined
      throw error
    }
  }

  function unreachable(error: unknown, { requestId }: Identity): Error {
    log.error('subgraph cannot be reached', { requestId, subgraph: name, error: describe(error) })
    return coded('UNAVAILABLE', 'A part of the hub cannot be reached at the moment')
  }

  return {
    async send(operation, identity, options = {}) {
      try {
        // A kept connection that the other side closed at this very moment says nothing about the subgraph: a read is asked again.
        return (await exchange(operation, identity, options)) ?? (await exchange(operation, identity, options))!
      } catch (error) {
        if ((error as { extensions?: unknown }).extensions) throw error
        throw unreachable(error, identity)
      }
    },
    async download(token, _claims, identity, whenGone) {
      const path = downloadPath + token
      const statement = signIdentity(identity, signing, requestDigest(name, path))
      const headers = { [identityHeader]: statement, 'x-request-id': identity.requestId }
      const asked = (secure ? httpsRequest : httpRequest)(new URL(path, target), {
        ...{ agent, headers },
        ...(whenGone ? { signal: whenGone() } : {}),
      })
      try {
        return await receiveDownload(asked)
      } catch (error) {
        if ((error as { extensions?: unknown }).extensions) throw error
        throw unreachable(error, identity)
      }
    },
    ready: () => probe(new URL('/health/ready', target), agent, secure),
    close: () => agent.destroy(),
  }
}

function isStale(error: unknown, request: ClientRequest | undefined): boolean {
  return request?.reusedSocket === true && ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')
}

async function readAnswer(response: IncomingMessage): Promise<SubgraphAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const answer = joinAnswer(Buffer.concat(chunks), response.headers[passedTextHeader])
  if (typeof answer === 'object' && answer !== null && ('data' in answer || 'errors' in answer))
    return answer as SubgraphAnswer
  throw new Error(`status ${response.statusCode} without a GraphQL answer`)
}

function probe(url: URL, agent: Agent, secure: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)(url, { agent, timeout: 2_000 }, (response) => {
      response.resume()
      if (response.statusCode === 200) resolve()
      else reject(new Error(`${url.host} answers ${response.statusCode}`))
    })
    request.on('timeout', () => request.destroy(new Error(`${url.host} is silent`)))
    request.on('error', reject).end()
  })
}
