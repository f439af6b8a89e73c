/** One measured thing: a row of the table and of results.json. */
export interface Figure {
  /** Names the budget, see budgets.ts. */
  readonly id: string
  readonly what: string
  /** Students of the district. */
  readonly students: number
  readonly unit: 'ms' | 's' | 'MB' | 'req/s' | 'rows/s'
  /** Median of the floor in the same run. */
  readonly floor?: number
  /** Median. */
  readonly measured: number
  readonly p10?: number
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
  /** How many times the floor: above 1 is slower, for times and rates alike. */
  readonly ratio?: number
  /** What else is worth knowing, e.g. bytes of an answer. */
  readonly detail?: Readonly<Record<string, number | string>>
}

/** A figure against its floor, the ratio turned so that more is slower. */
export function against(floor: number, figure: Omit<Figure, 'floor' | 'ratio'>): Figure {
  const isRate = figure.unit.endsWith('/s')
  return { ...figure, floor, ratio: isRate ? floor / figure.measured : figure.measured / floor }
}
