import type { Redis } from 'ioredis'
import { boundedMap } from './boundedMap'
import { rateLimitOpen } from './metrics'

/** How a caller stands after one request; `retryAfterSeconds` is there when it was refused. */
export interface Permit {
  readonly limit: number
  readonly remaining: number
  /** Seconds until the window of Redis is over. */
  readonly resetSeconds: number
  readonly retryAfterSeconds?: number
}

/**
 * So many requests a minute for each key, counted in Redis over a sliding window for all processes together. A process takes permits on
 * lease, a fiftieth of the limit at once, and asks for more before they run out: hardly a request waits for Redis. The price is an error of a
 * fiftieth for each process, either way: leased but unused permits count as used, and may be used within the minute after.
 */
export interface Permits {
  /**
   * Takes one permit for `key`; answers at once unless the lease is used up. Undefined while Redis is away: then everything passes, and
   * rosterhub_rate_limit_open_total counts it.
   */
  take(key: string, limit: number): Permit | undefined | Promise<Permit | undefined>
}

const minute = 60_000
const largestLease = 500
const awayMilliseconds = 1_000

interface Lease {
  readonly limit: number
  readonly size: number
  permits: number
  until: number
  /** What Redis had left after the last lease, and until when its window runs. */
  free: number
  resetAt: number
  refusedUntil: number
  waiting: number
  asking: Promise<void> | undefined
}

/** `windowMilliseconds` is a minute, but for tests. */
export function openPermits(redis: Redis, windowMilliseconds = minute): Permits {
  const leases = boundedMap<string, Lease>(20_000)
  const counter = withCommand(redis)
  let isAway = false
  let askAgainAt = 0

  function ask(key: string, lease: Lease): Promise<void> {
    return (lease.asking ??= refill(key, lease).finally(() => (lease.asking = undefined)))
  }

  async function refill(key: string, lease: Lease): Promise<void> {
    try {
      const wanted = Math.max(lease.size, lease.waiting)
      const [granted, free, reset, retry] = await counter.takePermits(
        `rosterhub:permits:${key}`,
        lease.limit,
        wanted,
        windowMilliseconds,
      )
      const now = Date.now()
      isAway = false
      lease.permits = (now < lease.until ? lease.permits : 0) + granted
      lease.until = now + windowMilliseconds
      lease.free = free
      lease.resetAt = now + reset
      lease.refusedUntil = granted ? 0 : now + retry
    } catch {
      isAway = true
      askAgainAt = Date.now() + awayMilliseconds
    }
  }

  function leaseOf(key: string, limit: number): Lease {
    const known = leases.get(key)
    if (known?.limit === limit) return known
    const size = Math.min(largestLease, Math.max(1, Math.floor(limit / 50)))
    const none = { permits: 0, until: 0, free: 0, resetAt: 0, refusedUntil: 0, waiting: 0, asking: undefined }
    const lease: Lease = { limit, size, ...none }
    leases.set(key, lease)
    return lease
  }

  /** Undefined: the lease is used up, and Redis has not said no yet. */
  function takeLeased(lease: Lease, now: number): Permit | undefined {
    const isUsable = lease.permits > 0 && now < lease.until
    if (!isUsable && lease.refusedUntil <= now) return undefined
    if (isUsable) lease.permits--
    return {
      limit: lease.limit,
      remaining: isUsable ? lease.permits + lease.free : 0,
      resetSeconds: Math.max(0, Math.ceil((lease.resetAt - now) / 1000)),
      ...(isUsable ? {} : { retryAfterSeconds: Math.max(1, Math.ceil((lease.refusedUntil - now) / 1000)) }),
    }
  }

  async function waitFor(key: string, lease: Lease): Promise<Permit | undefined> {
    lease.waiting++
    try {
      for (;;) {
        await ask(key, lease)
        if (isAway) return open()
        const taken = takeLeased(lease, Date.now())
        if (taken) return taken
      }
    } finally {
      lease.waiting--
    }
  }

  return {
    take(key, limit) {
      const lease = leaseOf(key, limit)
      const now = Date.now()
      if (isAway) {
        // Nobody waits for a Redis that may hang; one request now and then asks whether it is back.
        if (now >= askAgainAt) {
          askAgainAt = now + awayMilliseconds
          void ask(key, lease)
        }
        return open()
      }
      const taken = takeLeased(lease, now)
      if (!taken) return waitFor(key, lease)
      if (taken.retryAfterSeconds === undefined && lease.permits < lease.size / 2 && lease.free > 0)
        void ask(key, lease)
      return taken
    },
  }
}

function open(): undefined {
  rateLimitOpen.inc()
  return undefined
}

interface Counter {
  takePermits(key: string, limit: number, wanted: number, window: number): Promise<[number, number, number, number]>
}

/**
 * The sliding window as a script, since rate-limiter-flexible counts in fixed windows, which let twice the limit pass around their edge. The
 * window before counts for the share of it that still lies within the last minute. By the clock of Redis, so that processes agree. Answers
 * {granted, left, milliseconds until this window ends, milliseconds until one more would be granted}.
 */
const script = `
  local limit, wanted, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local number, elapsed = math.floor(now / window), now % window
  local stored = redis.call('HMGET', KEYS[1], 'window', 'count', 'before')
  local count, before = 0, 0
  if tonumber(stored[1]) == number then
    count, before = tonumber(stored[2]), tonumber(stored[3])
  elseif tonumber(stored[1]) == number - 1 then
    before = tonumber(stored[2])
  end
  local left = math.floor(limit - count - before * (1 - elapsed / window))
  local granted = math.max(0, math.min(wanted, left))
  if granted > 0 then
    redis.call('HSET', KEYS[1], 'window', number, 'count', count + granted, 'before', before)
    redis.call('PEXPIRE', KEYS[1], 2 * window)
  end
  local retry = 0
  if granted == 0 then
    if count < limit then
      retry = window * (1 - (limit - 1 - count) / before) - elapsed
    else
      retry = window - elapsed + window * (1 - (limit - 1) / count)
    end
  end
  return { granted, math.max(0, left - granted), window - elapsed, math.max(1, math.ceil(retry)) }`

function withCommand(redis: Redis): Counter {
  redis.defineCommand('takePermits', { numberOfKeys: 1, lua: script })
  return redis as unknown as Counter
}

/** The headers of draft-ietf-httpapi-ratelimit-headers-06, which most clients and libraries know. */
export function rateLimitHeaders({ limit, remaining, resetSeconds }: Permit): Readonly<Record<string, string>> {
  return {
    'RateLimit-Policy': `${limit};w=${minute / 1000}`,
    'RateLimit-Limit': String(limit),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': String(resetSeconds),
  }
}
