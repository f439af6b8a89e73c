/** The value below which the share `at` (0 to 1) of the samples lies; NaN without samples. */
export function percentile(samples: readonly number[], at: number): number {
  if (!samples.length) return NaN
  const sorted = [...samples].sort((a, b) => a - b)
  const place = (sorted.length - 1) * at
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
  return below + (above - below) * (place - Math.floor(place))
}

export const median = (samples: readonly number[]) => percentile(samples, 0.5)
