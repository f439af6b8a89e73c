import { createHmac } from 'node:crypto'
import type { Redis } from 'ioredis'
import { derivedKey } from '../../platform/config'
import { equalInConstantTime } from './credentials'

/**
 * That an API key matched its hash, remembered for five minutes, so that bcrypt is not paid with every request. Redis gets a keyed digest,
 * never the key. Only the match is remembered; whether the client may still act is read from the database each time.
 * Without Redis every request pays bcrypt: slower, still right.
 */
const lifetimeSeconds = 300

export async function isVerifiedKey(redis: Redis, secret: string, prefix: string, apiKey: string): Promise<boolean> {
  const remembered = await redis.get(cacheKey(prefix)).catch(() => null)
  return remembered !== null && equalInConstantTime(remembered, digest(secret, apiKey))
}

export async function rememberVerifiedKey(redis: Redis, secret: string, prefix: string, apiKey: string): Promise<void> {
  await redis.set(cacheKey(prefix), digest(secret, apiKey), 'EX', lifetimeSeconds).catch(() => undefined)
}

export async function forgetVerifiedKeys(redis: Redis, prefixes: readonly (string | null)[]): Promise<void> {
  const keys = prefixes.filter((prefix) => prefix !== null).map(cacheKey)
  if (keys.length) await redis.del(...keys).catch(() => undefined)
}

function cacheKey(prefix: string): string {
  return `rosterhub:verified-key:${prefix}`
}

function digest(secret: string, apiKey: string): string {
  return createHmac('sha256', derivedKey(secret, 'verified api key')).update(apiKey).digest('base64url')
}
