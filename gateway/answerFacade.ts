import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../platform/config'
import { downloadToken, sendDownload, sendDownloadFailure } from '../platform/download'
import { isOperation, readOperation, sendAnswer, sendJson } from '../platform/jsonHttp'
import { requestSeconds } from '../platform/metrics'
import { requestIdOf } from '../platform/requestId'
import { whenGone } from '../platform/whenGone'
import { presentThrown } from '../platform/runOperation'
import type { Gateway, GatewayRequest } from './createGateway'
import { readCredentials, vouchedAddress } from './credentials'
import { limits } from './limits'

/**
 * Answers our own REST facade when it is a process of its own. Its operations are few and known, so they need neither limits nor the layers
 * of the public door; callers are authenticated as everywhere. It is known by its signature over the caller's address.
 * Answers false for every other request.
 */
export function facadeAnswerer(
  gateway: Gateway,
  config: Config,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const token = downloadToken(request)
    if (token === undefined && !isOperation(request)) return false
    const address = vouchedAddress(request.headers, config.signingKeys)
    if (address === undefined) return false
    const requestId = requestIdOf(request.headers)
    const stop = requestSeconds.startTimer({ door: 'facade' })
    response.on('finish', () => stop({ status: String(response.statusCode) }))
    const gone = whenGone(response)
    if (token !== undefined) {
      gateway.download({ token, address, requestId, whenGone: gone }).then(
        (download) => sendDownload(response, download),
        (error: unknown) => sendDownloadFailure(response, error, requestId),
      )
      return true
    }
    readOperation<GatewayRequest>(request, limits.queryBytes)
      .then(({ query, operationName, variables, needs }) =>
        gateway.execute({
          ...readCredentials(request.headers, address, requestId, config.signingKeys),
          query,
          operationName,
          variables,
          needs,
          whenGone: gone,
        }),
      )
      .then((answer) => sendAnswer(request, response, answer))
      // Also what cannot be sent: an answer may be longer than any text can be.
      .catch((error: unknown) => sendJson(response, 400, { errors: [presentThrown(error, requestId)] }))
    return true
  }
}
