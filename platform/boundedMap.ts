/** A map that forgets what was not used for a while, so that it never holds more than `limit` entries. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  entries(): IterableIterator<[K, V]>
}

/**
 * For keys that differ in what they cost, `weigh` says how much of the limit each takes; one that takes more than half is not kept.
 *
 * What is used stands in the young half. When that is full it grows old, and what stood in the old half, unused meanwhile, is forgotten: so
 * reading writes nothing, as keeping the exact order of use would have to.
 */
export function boundedMap<K, V>(limit: number, weigh: (key: K) => number = () => 1): BoundedMap<K, V> {
  const half = Math.max(1, Math.floor(limit / 2))
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  let weight = 0

  function put(key: K, value: V): void {
    if (!young.has(key)) {
      const more = weigh(key)
      if (more > half) return
      if (weight + more > half) {
        old = young
        young = new Map()
        weight = 0
      }
      weight += more
    }
    old.delete(key)
    young.set(key, value)
  }

  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const aged = old.get(key)
      if (aged !== undefined) put(key, aged)
      return aged
    },
    set: put,
    delete(key) {
      if (young.delete(key)) weight -= weigh(key)
      old.delete(key)
    },
    *entries() {
      yield* old
      yield* young
    },
  }
}
