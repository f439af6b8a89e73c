import { createHash } from 'node:crypto'
import { boundedMap } from '../platform/boundedMap'
import { coded } from '../platform/errors'
import { edgeIdentity, type KnownClient } from '../platform/knownClient'
import type { SignedRequest } from '../platform/oauth1'
import type { SubgraphLink } from './subgraphRequest'

/**
 * Who is behind a credential, as the access subgraph says, remembered for a few seconds. A revoked or rotated client is forgotten at once
 * in the process that did it, within milliseconds in others (clientChanges.ts), and within this time when Redis is away.
 */
export const rememberedMilliseconds = 5_000

export interface Callers {
  /** The client of an id from a signed token; null when it has ended. Throws UNAVAILABLE when nobody can say. */
  byClientId(clientId: string, asking: Asking): Promise<KnownClient | null>
  /** The client of an API key; null when there is none. Throws SERVER_BUSY for guessing and UNAVAILABLE. */
  byApiKey(apiKey: string, asking: Asking): Promise<KnownClient | null>
  /** The client that signed a request; null when none did. A signature is good for one request only, so nothing is remembered. */
  bySignature(request: SignedRequest, asking: Asking): Promise<KnownClient | null>
  forget(clientId: string): void
}

interface Asking {
  readonly requestId: string
  readonly address: string
}

interface Remembered {
  readonly until: number
  readonly client: Promise<KnownClient | null>
  clientId?: string
}

const fields = '{ clientId tenantId tenant scopes schools allowedAddresses rateLimit expiresAt }'
const standingQuery = `query ($clientId: String!) { found: clientStanding(clientId: $clientId) ${fields} }`
const signatureQuery = `query ($request: SignedRequest!) { found: clientOfSignature(request: $request) ${fields} }`
const keyQuery = `query ($apiKey: String!) { found: clientOfKey(apiKey: $apiKey) ${fields} }`

export function knownCallers(access: SubgraphLink): Callers {
  const remembered = boundedMap<string, Remembered>(10_000)

  async function find(
    key: string,
    query: string,
    variables: Record<string, string>,
    asking: Asking,
  ): Promise<KnownClient | null> {
    const known = remembered.get(key)
    if (known && known.until > Date.now()) return known.client
    const entry: Remembered = {
      until: Date.now() + rememberedMilliseconds,
      client: ask(access, query, variables, asking),
      ...(variables['clientId'] ? { clientId: variables['clientId'] } : {}),
    }
    remembered.set(key, entry)
    try {
      const client = await entry.client
      if (client) entry.clientId = client.clientId
      // A wrong key is asked about each time, so that it is counted as a guess.
      else drop(key, entry)
      return client
    } catch (error) {
      drop(key, entry)
      throw error
    }
  }

  /** Only the entry itself: another one may have taken its place meanwhile. */
  function drop(key: string, entry: Remembered): void {
    if (remembered.get(key) === entry) remembered.delete(key)
  }

  return {
    byClientId: (clientId, asking) => find(`id ${clientId}`, standingQuery, { clientId }, asking),
    // Keys are 256 random bits, so a plain digest cannot be turned back; it keeps keys out of memory dumps.
    byApiKey: (apiKey, asking) =>
      find(`key ${createHash('sha256').update(apiKey).digest('base64url')}`, keyQuery, { apiKey }, asking),
    bySignature: ({ method, url, authorization }, asking) =>
      ask(access, signatureQuery, { request: { method, url, authorization } }, asking),
    forget(clientId) {
      for (const [key, entry] of [...remembered.entries()]) {
        // An answer that is still on its way may be older than the change.
        if (entry.clientId === undefined || entry.clientId === clientId) remembered.delete(key)
      }
    },
  }
}

async function ask(
  access: SubgraphLink,
  query: string,
  variables: Record<string, unknown>,
  { requestId, address }: Asking,
): Promise<KnownClient | null> {
  const answer = await access.send({ query, variables }, edgeIdentity(requestId, address))
  const error = answer.errors?.[0]
  if (error?.extensions?.['code'] === 'SERVER_BUSY') throw coded('SERVER_BUSY', error.message, error.extensions)
  if (error) throw coded('UNAVAILABLE', 'Credentials cannot be checked at the moment')
  return (answer.data?.['found'] as KnownClient | null | undefined) ?? null
}
