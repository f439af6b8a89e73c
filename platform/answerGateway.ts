import type { IncomingMessage, ServerResponse } from 'node:http'
import { requestDigest } from './boundRequest'
import { codeOf, errorCodes, type ErrorCode } from './errors'
import { identityHeader, requireRequest, verifyIdentity } from './identity'
import { isOperation, readOperation, sendAnswer, sendJson } from './jsonHttp'
import { operationRunner, presentThrown, type SubgraphOperation } from './runOperation'
import type { Signing } from './signingKeys'
import type { Subgraph } from './subgraph'

const largestBody = 5 * 1024 ** 2

/**
 * Answers what a gateway asks as JSON, which is nearly everything, without the layers that a public door needs: half of the time of a small
 * request over HTTP was theirs. Answers false for what it leaves to others: uploads, health, metrics.
 */
export function gatewayAnswerer(
  subgraph: Subgraph,
  signing: Signing,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const run = operationRunner(subgraph.schema)

  async function answer(request: IncomingMessage): Promise<object> {
    const statement = request.headers[identityHeader]
    const verified = verifyIdentity(typeof statement === 'string' ? statement : undefined, signing)
    const { identity } = verified
    const operation = await readOperation<SubgraphOperation>(request, largestBody, (body) =>
      requireRequest(verified, requestDigest(subgraph.name, body)),
    )
    return run(operation, subgraph.contextFor(identity))
  }

  return (request, response) => {
    if (!isOperation(request)) return false
    answer(request)
      .then((answered) => sendAnswer(request, response, answered))
      // Also what cannot be sent: an answer may be longer than any text can be.
      .catch((error: unknown) => {
        const status = errorCodes[codeOf(error) as ErrorCode] ?? 400
        // It is not known yet whose request this is.
        sendJson(response, status, { errors: [presentThrown(error, undefined)] })
      })
    return true
  }
}
