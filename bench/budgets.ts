import type { Figure } from './figures'

/**
 * What each path may cost. `ratio` is times the floor of the same run and decides the exit code; `most` is absolute (seconds, MB) and holds
 * for an ordinary 2-core machine, so it is told but decides nothing. `goal` is where the ratio or value is to come next.
 */
export interface Budget {
  readonly id: string
  readonly ratio?: number
  readonly most?: number
  readonly goal?: number
  /** Counts only for districts of at least so many students. */
  readonly fromStudents?: number
}

export const budgets: readonly Budget[] = [
  { id: 'read.page10000.oneMachine', ratio: 2, goal: 0.9 },
  { id: 'read.page100.oneMachine', ratio: 2.5, goal: 1.2 },
  { id: 'read.page10000.services', ratio: 4, goal: 2.2 },
  { id: 'read.page100.services', ratio: 6, goal: 4 },
  { id: 'read.classStudents.oneMachine', goal: 1.5 },
  { id: 'audit.page100', goal: 1.05 },
  { id: 'read.changed50.oneMachine', goal: 1.5 },
  { id: 'read.deep100.oneMachine', goal: 1.1 },
  { id: 'read.typed10000.oneMachine', goal: 1.5 },
  { id: 'load.one.oneMachine', goal: 3 },
  { id: 'load.one.perCore', goal: 3 },
  { id: 'write.first', goal: 1.6 },
  { id: 'write.first.seconds', most: 90, goal: 45, fromStudents: 200_000 },
  { id: 'write.unchanged', goal: 2.5 },
  { id: 'write.again', goal: 2 },
  { id: 'write.delta1000', goal: 2 },
  { id: 'export.bulk', goal: 2 },
  { id: 'export.workerMemory', goal: 250 },
  { id: 'read.duringImport', goal: 2 },
  { id: 'write.workerMemory', most: 300, goal: 250 },
  { id: 'write.uploadMemory', most: 100 },
]

export type Verdict = 'ok' | 'over' | ''

/** The budget of a figure, if any, and whether it keeps it. */
export function judge(figure: Figure): { budget: Budget | undefined; verdict: Verdict } {
  const budget = budgets.find(({ id, fromStudents = 0 }) => id === figure.id && figure.students >= fromStudents)
  if (budget?.ratio !== undefined)
    return { budget, verdict: (figure.ratio ?? Infinity) <= budget.ratio ? 'ok' : 'over' }
  if (budget?.most !== undefined) return { budget, verdict: figure.measured <= budget.most ? 'ok' : 'over' }
  return { budget, verdict: '' }
}

/** Whether a ratio is over its budget; times and memory of this machine decide nothing. */
export function isRatioOver(figure: Figure): boolean {
  const { budget, verdict } = judge(figure)
  return budget?.ratio !== undefined && verdict === 'over'
}
