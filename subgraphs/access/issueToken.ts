import { signAccessToken } from '../../platform/accessToken'
import { isAllowedAddress } from '../../platform/addresses'
import { coded } from '../../platform/errors'
import type { AccessContext } from './context'
import { isClientSecret, matchesHash } from './credentials'
import { findClient, isUsable, type StoredClient } from './findClient'
import { asAsked, grantScopes, usableScopes } from './grantedScopes'
import { countGuess } from './guesses'
import { recordLoginFailure } from './loginFailures'

export interface AccessToken {
  readonly accessToken: string
  readonly tokenType: string
  readonly expiresIn: number
  readonly scope: string
}

/**
 * OAuth 2.0 client credentials grant (RFC 6749 section 4.4). Throws UNAUTHENTICATED (oauthError invalid_client) for a wrong pair and for a
 * client that has ended, all alike; FORBIDDEN from an address that is not allowed; INVALID_DATA (invalid_scope); SERVER_BUSY for guessing.
 */
export async function issueToken(
  context: AccessContext,
  asked: { clientId: string; clientSecret: string; scope?: string | null },
): Promise<AccessToken> {
  const { config, database, identity, redis } = context
  const takeBack = await countGuess(redis, asked.clientId, identity.address)
  const client = await findClient(database, { clientId: asked.clientId })
  const isRight = await isSecretOf(client, asked.clientSecret)
  if (!client || !isRight || !isUsable(client)) {
    await recordLoginFailure(
      context,
      client,
      'clientSecret',
      client ? 'wrong secret or ended client' : 'unknown client',
    )
    throw coded('UNAUTHENTICATED', 'The client id or the secret is wrong, or the client has ended', {
      oauthError: 'invalid_client',
    })
  }
  await takeBack()
  if (!isAllowedAddress(identity.address, client.allowedAddresses)) {
    await recordLoginFailure(context, client, 'address')
    throw coded('FORBIDDEN', 'This client may not call from this address')
  }
  const granted = grantScopes(asked.scope, usableScopes(client))
  const expiresIn = lifetime(client, config.tokenSeconds)
  const claims = { clientId: client.clientId, tenantId: client.tenantId, scopes: granted }
  return {
    accessToken: signAccessToken(claims, config.signingKeys, expiresIn),
    tokenType: 'Bearer',
    expiresIn,
    scope: asAsked(asked.scope, granted).join(' '),
  }
}

/** A failure always costs two hashes, whether or not there is such a client and whether or not it was rotated. */
async function isSecretOf(client: StoredClient | undefined, secret: string): Promise<boolean> {
  if (!isClientSecret(secret)) return false
  if (await matchesHash(secret, client?.secretHash)) return true
  const isInGrace = (client?.previousSecretUntil?.getTime() ?? 0) > Date.now()
  return matchesHash(secret, isInGrace ? client?.previousSecretHash : null)
}

function lifetime(client: StoredClient, seconds: number): number {
  if (!client.expiresAt) return seconds
  return Math.max(1, Math.min(seconds, Math.floor((client.expiresAt.getTime() - Date.now()) / 1000)))
}
