/** A map that forgets what was used least recently once it holds `limit` entries. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  entries(): IterableIterator<[K, V]>
}

export function boundedMap<K, V>(limit: number): BoundedMap<K, V> {
  // A Map keeps the order of insertion: what is used is inserted anew, so the first entry is the one used least recently.
  const map = new Map<K, V>()
  return {
    get(key) {
      const value = map.get(key)
      if (value === undefined) return undefined
      map.delete(key)
      map.set(key, value)
      return value
    },
    set(key, value) {
      map.delete(key)
      if (map.size >= limit) map.delete(map.keys().next().value as K)
      map.set(key, value)
    },
    delete: (key) => void map.delete(key),
    entries: () => map.entries(),
  }
}
