import { Redis } from 'ioredis'
import { describe } from './errors'
import { log } from './log'

/**
 * A connection for caches, counters and announcements. What depends on it goes on without it, so a command fails at once while Redis is
 * away instead of waiting; the connection comes back by itself.
 */
export function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    connectTimeout: 2000,
    commandTimeout: 1000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  })
  let isAway = false
  redis.on('error', (error: Error) => {
    if (!isAway) log.warn('redis cannot be reached', { error: describe(error) })
    isAway = true
  })
  redis.on('ready', () => {
    if (isAway) log.info('redis is back')
    isAway = false
  })
  return redis
}
