import { totalAttacks } from '../support/attackTotals'

/** Counts what was tried against the hub; a suite ends with `report`, which fails unless nothing was let through. */
export interface Attacks {
  /** One attack: `held` says whether the hub stood it; `detail` helps to find out why not. */
  tried(what: string, held: boolean, detail?: unknown): void
  /** Writes one line, adds to what the run says at its end, and expects that nothing was let through. */
  report(): void
}

export function countAttacks(threat: string): Attacks {
  let count = 0
  const letThrough: string[] = []
  return {
    tried(what, held, detail) {
      count++
      if (!held) letThrough.push(detail === undefined ? what : `${what}: ${JSON.stringify(detail).slice(0, 500)}`)
    },
    report() {
      process.stderr.write(`${threat}: attacks tried: ${count}, let through: ${letThrough.length}\n`)
      totalAttacks({ tried: count, letThrough: letThrough.length })
      expect(count).toBeGreaterThan(0)
      expect(letThrough).toEqual([])
    },
  }
}
