import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'

/**
 * News that a client was revoked, rotated or changed, for those who remember who a client is. In the same process it arrives before
 * `announceClientChange` returns; other processes hear it through Redis within milliseconds, and without Redis they forget by themselves
 * (gateway/callers.ts).
 */
const channel = 'rosterhub:client-changed'
const here = new EventEmitter().setMaxListeners(0)

/** Tells everyone; a Redis that is away is no failure. */
export async function announceClientChange(redis: Redis, clientId: string): Promise<void> {
  here.emit('changed', clientId)
  await redis.publish(channel, clientId).catch(() => undefined)
}

/** Calls `forget` with the id of every changed client. `subscriber` is a Redis connection used for nothing else. */
export function onClientChange(subscriber: Redis, forget: (clientId: string) => void): () => void {
  here.on('changed', forget)
  const hear = (from: string, clientId: string) => {
    if (from === channel) forget(clientId)
  }
  subscriber.on('message', hear)
  // ioredis subscribes again by itself after a lost connection, once the first subscription has succeeded.
  const subscribe = () => void subscriber.subscribe(channel).catch(() => undefined)
  subscriber.on('ready', subscribe)
  if (subscriber.status === 'ready') subscribe()
  return () => {
    here.off('changed', forget)
    subscriber.off('message', hear)
    subscriber.off('ready', subscribe)
  }
}
