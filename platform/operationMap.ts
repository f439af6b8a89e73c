import { boundedMap } from './boundedMap'

/** What is remembered of operations, by text and name. */
export interface OperationMap<T> {
  get(query: string, operationName: string | undefined): T | undefined
  set(query: string, operationName: string | undefined, value: T): void
}

/** A parsed text takes some hundred bytes for each of its characters: one of 4,000 tokens is megabytes, and callers may send a thousand of them. */
const usualCharacters = 500

/**
 * Holds what was learned of up to `limit` texts of usual length, and of fewer longer ones. A text is looked up as it is: a key made of both would
 * be written and hashed anew each time. Of a text with several operations it is the one that was asked for last.
 */
export function operationMap<T>(limit: number): OperationMap<T> {
  const texts = boundedMap<string, { readonly operationName: string | undefined; readonly value: T }>(
    limit * usualCharacters,
    (query) => Math.max(usualCharacters, query.length),
  )
  return {
    get(query, operationName) {
      const known = texts.get(query)
      return known?.operationName === operationName ? known?.value : undefined
    },
    set: (query, operationName, value) => texts.set(query, { operationName, value }),
  }
}
