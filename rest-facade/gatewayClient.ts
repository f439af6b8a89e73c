import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Config } from '../platform/config'
import { codeOf, coded } from '../platform/errors'
import { downloadPath, receiveDownload, type Download } from '../platform/download'
import { forwardedAddressHeader, signAddress } from '../platform/forwardedAddress'
import { forwardedSignatureHeader, forwardSignature } from '../platform/forwardedSignature'
import type { SignedRequest } from '../platform/oauth1'
import { joinAnswer, passedTextHeader, takesPassedText } from '../platform/passedText'
import type { Permit } from '../platform/permits'
import type { WhenGone } from '../platform/whenGone'

/** One operation for the gateway, with the caller's credentials as they came. */
export interface GatewayRequest {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string
  /** One of these scopes opens it; the gateway asks for them before anything else. */
  readonly needs?: readonly string[] | undefined
  readonly authorization?: string | undefined
  readonly apiKey?: string | undefined
  /** A signed request of OneRoster 1.1, in place of the other two. */
  readonly oauth1?: SignedRequest | undefined
  /** The caller's address, for allow-lists and the audit trail. */
  readonly address: string
  readonly requestId: string
  readonly whenGone?: WhenGone | undefined
}

export type DownloadRequest = Pick<GatewayRequest, 'address' | 'requestId' | 'whenGone'> & { readonly token: string }

export interface GatewayAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly GatewayError[]
  /** How the client stands with its limit. */
  readonly extensions?: { readonly rateLimit: Permit }
}
export interface GatewayError {
  readonly message: string
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** The way to the gateway: in this process, or over HTTP. It resolves with `errors` for what went wrong, and never rejects. */
export interface GatewayClient {
  execute(request: GatewayRequest): Promise<GatewayAnswer>
  /** Opens the file behind a download link. Throws a coded error. */
  download?(request: DownloadRequest): Promise<Download>
  close?(): Promise<void>
}

/** No answer of the gateway takes longer; its own limits are shorter. */
const answerMilliseconds = 60_000

/** A gateway that runs as a process of its own, at config.gatewayUrl, over connections that stay open. */
export function httpGatewayClient(config: Pick<Config, 'gatewayUrl' | 'signingKeys'>): GatewayClient {
  const url = new URL(config.gatewayUrl)
  const isSecure = url.protocol === 'https:'
  // Sockets are given up before the gateway's 65 s are over, so that none is used that it is just closing.
  const options = { keepAlive: true, maxSockets: 256, keepAliveMsecs: 10_000, timeout: answerMilliseconds }
  const agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options)

  function post(asked: GatewayRequest): Promise<GatewayAnswer> {
    const body = JSON.stringify({
      query: asked.query,
      variables: asked.variables,
      operationName: asked.operationName,
      needs: asked.needs,
    })
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'X-Request-Id': asked.requestId,
      [passedTextHeader]: takesPassedText,
      [forwardedAddressHeader]: signAddress(asked.address, config.signingKeys),
    }
    if (asked.authorization !== undefined) headers['Authorization'] = asked.authorization
    if (asked.apiKey !== undefined) headers['X-API-Key'] = asked.apiKey
    if (asked.oauth1) headers[forwardedSignatureHeader] = forwardSignature(asked.oauth1, config.signingKeys)
    return new Promise((resolve, reject) => {
      const send = isSecure ? httpsRequest : httpRequest
      const signal = asked.whenGone ? { signal: asked.whenGone() } : {}
      const outgoing = send(
        url,
        { method: 'POST', agent, headers, timeout: answerMilliseconds, ...signal },
        (answer) => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('end', () => {
            try {
              resolve(readAnswer(joinAnswer(Buffer.concat(chunks), answer.headers[passedTextHeader])))
            } catch (error) {
              reject(error as Error)
            }
          })
          answer.on('error', reject)
        },
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error('the gateway did not answer in time')))
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // A kept connection may be closed by the other end just when we use it; nothing was read, so the same again is safe.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') post(asked).then(resolve, reject)
        else reject(error)
      })
      outgoing.end(body)
    })
  }

  return {
    execute: async (asked) => {
      try {
        return await post(asked)
      } catch {
        return { errors: [unavailable()] }
      }
    },
    download: async ({ token, address, requestId, whenGone }) => {
      const headers = { 'X-Request-Id': requestId, [forwardedAddressHeader]: signAddress(address, config.signingKeys) }
      const path = new URL(downloadPath + token, url)
      try {
        return await receiveDownload(
          (isSecure ? httpsRequest : httpRequest)(path, {
            agent,
            headers,
            ...(whenGone ? { signal: whenGone() } : {}),
          }),
        )
      } catch (error) {
        throw codeOf(error) ? error : coded('UNAVAILABLE', 'The roster cannot be reached at the moment')
      }
    },
    close: async () => agent.destroy(),
  }
}

/** GraphQL answers have data or errors, whatever their HTTP status; anything else is no gateway. */
function readAnswer(answered: unknown): GatewayAnswer {
  const answer = answered as GatewayAnswer
  return answer.data !== undefined || Array.isArray(answer.errors) ? answer : { errors: [unavailable()] }
}

function unavailable(): GatewayError {
  const { message, extensions } = coded('UNAVAILABLE', 'The roster cannot be reached at the moment')
  return { message, extensions }
}
