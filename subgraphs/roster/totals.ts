import { boundedMap } from '../../platform/boundedMap'

/**
 * Totals that were counted, by question and by the stamp of the roster they were counted under. Counting 200,000 rows costs more than reading
 * a page of them (docs/performance.md), and a roster changes once a night. Each process counts for itself.
 */
const totals = boundedMap<string, { version: number; total: number }>(10_000)

export function rememberedTotal(question: string, version: Date): number | undefined {
  const entry = totals.get(question)
  return entry?.version === version.getTime() ? entry.total : undefined
}

/** What the total was when it was last counted, whatever has changed since. */
export function expectedTotal(question: string): number | undefined {
  return totals.get(question)?.total
}

export function rememberTotal(question: string, version: Date, total: number): void {
  totals.set(question, { version: version.getTime(), total })
}
