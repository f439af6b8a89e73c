import { boundedMap } from './boundedMap'

/** What is remembered of operations, by text and name. */
export interface OperationMap<T> {
  get(query: string, operationName: string | undefined): T | undefined
  set(query: string, operationName: string | undefined, value: T): void
}

/** Holds what was learned of up to `limit` texts. A text is looked up as it is: a key made of both would be written and hashed anew each time. */
export function operationMap<T>(limit: number): OperationMap<T> {
  const texts = boundedMap<string, Map<string | undefined, T>>(limit)
  return {
    get: (query, operationName) => texts.get(query)?.get(operationName),
    set(query, operationName, value) {
      const names = texts.get(query) ?? new Map<string | undefined, T>()
      texts.set(query, names.set(operationName, value))
    },
  }
}
