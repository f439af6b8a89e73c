/**
 * Totals that were counted, by question and by the stamp of the roster they were counted under. Counting 200,000 rows costs more than reading
 * a page of them (docs/performance.md), and a roster changes once a night. Bounded; each process counts for itself.
 */
const totals = new Map<string, { version: number; total: number }>()
const mostRemembered = 10_000

export function rememberedTotal(question: string, version: Date): number | undefined {
  const entry = totals.get(question)
  return entry?.version === version.getTime() ? entry.total : undefined
}

export function rememberTotal(question: string, version: Date, total: number): void {
  if (totals.size >= mostRemembered) totals.delete(totals.keys().next().value!)
  totals.delete(question)
  totals.set(question, { version: version.getTime(), total })
}
