import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import { coded } from '../../platform/errors'
import type { KnownClient } from '../../platform/knownClient'
import { isSignedWith, readSignature, type Signature, type SignedRequest } from '../../platform/oauth1'
import type { AccessContext } from './context'
import { asKnownClient, findClient, isUsable, type StoredClient } from './findClient'
import { countGuess } from './guesses'
import { recordLoginFailure } from './loginFailures'
import { decryptSecret } from './oauth1Secrets'

/** How far the client's clock may be off; for as long a nonce is remembered. */
const windowSeconds = 300

/**
 * The client that signed a request (OAuth 1.0a, RFC 5849); null unless an administrator allows it to sign with this method, the signature
 * is right, and the request is neither old nor sent a second time. Throws SERVER_BUSY for guessing, UNAVAILABLE when nobody can say
 * whether the request was sent before.
 */
export async function clientOfSignature(context: AccessContext, request: SignedRequest): Promise<KnownClient | null> {
  const { database, identity, redis } = context
  const signature = readSignature(request)
  const client = signature && (await findClient(database, { clientId: signature.consumerKey }))
  const problem = signature ? problemOf(context, client, request, signature) : 'malformed'
  // The nonce is used up by a right signature only: nobody else can use up another's.
  const refused = problem ?? ((await isFirst(redis, signature!)) ? undefined : 'sent before')
  if (!refused) return asKnownClient(database, client!)
  await countGuess(redis, signature?.consumerKey ?? '', identity.address)
  await recordLoginFailure(context, client, 'signature', refused)
  return null
}

function problemOf(
  context: AccessContext,
  client: StoredClient | undefined,
  request: SignedRequest,
  signature: Signature,
): string | undefined {
  const secrets = client ? secretsOf(context, client) : []
  // Without a secret the same work is done with one that nobody has.
  const isRight = isSignedWith(secrets.length ? secrets : [nobodysSecret], request, signature)
  if (!client || !secrets.length || !client.oauth1Methods.includes(signature.method)) return 'not allowed to sign'
  if (!isRight) return 'wrong signature'
  if (Math.abs(Date.now() / 1000 - signature.timestamp) > windowSeconds) return 'timestamp'
  return isUsable(client) ? undefined : 'ended'
}

const nobodysSecret = randomBytes(32).toString('base64url')

/** The secret of today, and the one before while its grace lasts. */
function secretsOf({ config }: AccessContext, client: StoredClient): string[] {
  const isInGrace = (client.previousOauth1Until?.getTime() ?? 0) > Date.now()
  return [client.oauth1Secret, isInGrace ? client.previousOauth1Secret : null]
    .map((stored) => stored && decryptSecret(stored, client.clientId, config.secret))
    .filter((text) => typeof text === 'string')
}

/** RFC 5849 section 3.3: nonce and timestamp come once. Without Redis nobody can tell, so nobody gets in. */
async function isFirst(redis: Redis, { consumerKey, nonce, timestamp }: Signature): Promise<boolean> {
  const key = `rosterhub:oauth1:${consumerKey}:${timestamp}:${nonce}`
  try {
    // A timestamp may lie in the future by the window, so the nonce is kept for two.
    return (await redis.set(key, '1', 'EX', windowSeconds * 2 + 1, 'NX')) === 'OK'
  } catch {
    throw coded('UNAVAILABLE', 'Signed requests cannot be checked at the moment')
  }
}
