import { networkOf } from '../platform/addresses'
import { coded } from '../platform/errors'
import type { Identity } from '../platform/identity'
import { rateLimitHeaders, type Permit, type Permits } from '../platform/permits'
import { securityEvent } from '../platform/securityEvents'
import type { Config } from '../platform/config'
import type { Authenticated, Credentials } from './authenticate'

/** A request that may go on: whose it is, and how its client stands with its limit. */
export interface Admitted {
  readonly identity: Identity | undefined
  /** Undefined without a client, without a limit, and while Redis is away. */
  readonly rateLimit: Permit | undefined
}

/**
 * The steps before a request is looked at: a permit for its address, who is calling, a permit for that client. Throws what authenticate.ts
 * throws, and SERVER_BUSY for an address or a client that sends too much.
 */
export function admission(
  permits: Permits,
  { rateLimit: limits }: Pick<Config, 'rateLimit'>,
  authenticate: (credentials: Credentials) => Promise<Authenticated | undefined>,
): (credentials: Credentials) => Promise<Admitted> {
  /** Undefined when there is nothing to limit. */
  async function permitFor(kind: 'address' | 'client', id: string, limit: number, credentials: Credentials) {
    if (limit === 0 || id === '') return undefined
    const asked = permits.take(`${kind}:${id}`, limit)
    const permit = asked instanceof Promise ? await asked : asked
    if (permit?.retryAfterSeconds === undefined) return permit
    const { address, requestId } = credentials
    securityEvent('rateLimited', id, {
      limited: kind,
      ...(kind === 'client' ? { clientId: id } : {}),
      address,
      requestId,
    })
    throw busy(kind, permit)
  }

  return async (credentials) => {
    await permitFor('address', networkOf(credentials.address), limits.perAddress, credentials)
    const caller = await authenticate(credentials)
    if (!caller) return { identity: undefined, rateLimit: undefined }
    const { identity, requestsPerMinute } = caller
    const limit = requestsPerMinute ?? limits.perClient
    return { identity, rateLimit: await permitFor('client', identity.clientId, limit, credentials) }
  }
}

function busy(kind: string, permit: Permit): Error {
  const { limit, retryAfterSeconds } = permit
  const problem = `Too many requests: ${limit} a minute are allowed for this ${kind}; try again in ${retryAfterSeconds} seconds`
  return coded('SERVER_BUSY', problem, { retryAfterSeconds, rateLimit: permit })
}

/** The headers for an answer, also for a refusal, which carries how the caller stands in its extensions. */
export function limitHeaders(from: { rateLimit?: unknown } | undefined): Readonly<Record<string, string>> {
  const permit = from?.rateLimit as Permit | undefined
  return permit ? rateLimitHeaders(permit) : {}
}
