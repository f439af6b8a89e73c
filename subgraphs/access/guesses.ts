import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { networkOf } from '../../platform/addresses'
import { coded } from '../../platform/errors'
import { securityEvent } from '../../platform/securityEvents'

/**
 * Attempts with a credential, counted before its hash is computed, in fixed windows. Only failures stay counted. The limit is per
 * name (client id, API key prefix) and address: a stranger who guesses cannot lock the client out at its own address.
 */
const windowSeconds = 60
const perNameAndAddress = 10
const perAddress = 100

/** Counts an attempt and answers a function that takes it back once the credential proved right. Throws SERVER_BUSY beyond the limit. */
export async function countGuess(redis: Redis, name: string, address: string): Promise<() => Promise<void>> {
  const window = Math.floor(Date.now() / 1000 / windowSeconds)
  // Hashed: the name comes from outside and may be anything, a misplaced secret included.
  const network = networkOf(address)
  const digest = createHash('sha256').update(`${name}\n${network}`).digest('base64url')
  const counters = [
    { key: `rosterhub:guess:${window}:${digest}`, limit: perNameAndAddress },
    { key: `rosterhub:guess:${window}:${network}`, limit: perAddress },
  ]
  const counts = await Promise.all(counters.map(({ key }) => add(redis, key, 1)))
  if (counts.some((count, index) => count > counters[index]!.limit)) {
    securityEvent('rateLimited', address, { limited: 'credentials', address })
    throw coded('SERVER_BUSY', `Too many wrong credentials; try again in ${windowSeconds} seconds`, {
      retryAfterSeconds: windowSeconds,
    })
  }
  return async () => void (await Promise.all(counters.map(({ key }) => add(redis, key, -1))))
}

/** Without Redis each process counts for itself: guessing stays throttled, and right credentials stay right. */
async function add(redis: Redis, key: string, by: number): Promise<number> {
  try {
    const [count] = await Promise.all([redis.incrby(key, by), redis.expire(key, windowSeconds * 2)])
    return count
  } catch {
    if (!countedHere.has(key) && countedHere.size >= 10_000) countedHere.clear()
    const count = (countedHere.get(key) ?? 0) + by
    countedHere.set(key, count)
    return count
  }
}

const countedHere = new Map<string, number>()
