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
 * throws, and SERVER_BUSY for an address or a client that sends too much. `admitDownload` does the same for a link, which says itself whose it
 * is: a file costs more than a page, and one link could fetch it a thousand times at once.
 */
export function admission(
  permits: Permits,
  { rateLimit: limits }: Pick<Config, 'rateLimit'>,
  authenticate: (credentials: Credentials) => Promise<Authenticated | undefined>,
): {
  admit(credentials: Credentials): Promise<Admitted>
  admitDownload(asking: Asking, clientId: string | undefined): Promise<void>
} {
  /** Undefined when there is nothing to limit. */
  async function permitFor(
    kind: 'address' | 'client',
    id: string,
    limit: number,
    asking: Asking,
    key = kind as string,
  ) {
    if (limit === 0 || id === '') return undefined
    const asked = permits.take(`${key}:${id}`, limit)
    const permit = asked instanceof Promise ? await asked : asked
    if (permit?.retryAfterSeconds === undefined) return permit
    const { address, requestId } = asking
    securityEvent('rateLimited', id, {
      limited: kind,
      ...(kind === 'client' ? { clientId: id } : {}),
      address,
      requestId,
    })
    throw busy(kind, permit)
  }

  const permitAddress = (asking: Asking) => permitFor('address', networkOf(asking.address), limits.perAddress, asking)

  return {
    async admit(credentials) {
      await permitAddress(credentials)
      const caller = await authenticate(credentials)
      if (!caller) return { identity: undefined, rateLimit: undefined }
      const { identity, requestsPerMinute } = caller
      const limit = requestsPerMinute ?? limits.perClient
      return { identity, rateLimit: await permitFor('client', identity.clientId, limit, credentials) }
    },
    async admitDownload(asking, clientId) {
      await permitAddress(asking)
      if (clientId) await permitFor('client', clientId, limits.perClient, asking, 'downloads')
    },
  }
}

type Asking = Pick<Credentials, 'address' | 'requestId'>

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
