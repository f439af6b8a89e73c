import type { KnownClient } from '../../platform/knownClient'
import type { AccessContext } from './context'
import { apiKeyPrefix, matchesHash } from './credentials'
import { asKnownClient, findClient, isUsable, type StoredClient } from './findClient'
import { countGuess } from './guesses'
import { recordLoginFailure } from './loginFailures'
import { isVerifiedKey, rememberVerifiedKey } from './verifiedKeys'

/** The client behind an id that a signed token names; null when it has ended. */
export async function clientStanding(context: AccessContext, clientId: string): Promise<KnownClient | null> {
  const client = await findClient(context.database, { clientId })
  return client && isUsable(client) ? asKnownClient(context.database, client) : null
}

/** The client whose API key this is; null for a wrong key or a client that has ended. Throws SERVER_BUSY for guessing. */
export async function clientOfKey(context: AccessContext, apiKey: string): Promise<KnownClient | null> {
  const { config, database, identity, redis } = context
  const prefix = apiKeyPrefix(apiKey)
  if (!prefix) return null
  const client = await findClient(database, { keyPrefix: prefix })
  const stored = storedKey(client, prefix)
  if (!(await isVerifiedKey(redis, config.secret, prefix, apiKey))) {
    const takeBack = await countGuess(redis, prefix, identity.address)
    if (!(await matchesHash(apiKey, stored?.hash))) {
      await recordLoginFailure(context, client, 'apiKey')
      return null
    }
    await takeBack()
    await rememberVerifiedKey(redis, config.secret, prefix, apiKey)
  }
  if (client && stored && isUsable(client)) return asKnownClient(database, client, stored.until)
  // Right, but of a client that has ended: counted like a guess, so that one that goes on asking fills neither the trail nor the database.
  await countGuess(redis, prefix, identity.address)
  await recordLoginFailure(context, client, 'apiKey')
  return null
}

/** The hash that belongs to the prefix: the key of today, or the one before while its grace lasts. */
function storedKey(
  client: StoredClient | undefined,
  prefix: string,
): { hash: string | null; until: Date | null } | undefined {
  if (client?.keyPrefix === prefix) return { hash: client.keyHash, until: null }
  const until = client?.previousKeyUntil
  if (client?.previousKeyPrefix !== prefix || !until || until.getTime() <= Date.now()) return undefined
  return { hash: client.previousKeyHash, until }
}
