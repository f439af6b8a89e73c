/** A map that forgets what was not used for a while, so that it never holds more than `limit` entries. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  entries(): IterableIterator<[K, V]>
}

/**
 * What is used stands in the young half. When that is full it grows old, and what stood in the old half, unused meanwhile, is forgotten: so
 * reading writes nothing, as keeping the exact order of use would have to.
 */
export function boundedMap<K, V>(limit: number): BoundedMap<K, V> {
  const half = Math.max(1, Math.floor(limit / 2))
  let young = new Map<K, V>()
  let old = new Map<K, V>()

  function put(key: K, value: V): void {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
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
      young.delete(key)
      old.delete(key)
    },
    *entries() {
      yield* old
      yield* young
    },
  }
}
