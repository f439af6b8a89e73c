import type { District } from './district'
import { findStudent, type Student } from './families'
import { changeRows, type Change } from './changeRows'
import { OptionError } from './options'
import type { SampleFile } from './packageFiles'

export interface Delta {
  readonly changes: readonly Change[]
  /** How many rows each file gets; a file without rows is not here. */
  readonly rows: ReadonlyMap<SampleFile, number>
  /** Where the next delta begins. */
  readonly cursor: number
}

/** Changes of a single row stand between those of ten and more, which touch several files. */
const sequence = ['changed', 'added', 'changed', 'removed', 'changed', 'changed'] as const

/**
 * Chooses changes of exactly `wanted` rows among the families behind `cursor`. Families come in an order without pattern and each once in a
 * whole chain of deltas, so that nobody changes who left before. Throws OptionError when too few families are left.
 */
export function planDelta(district: District, wanted: number, cursor: number): Delta {
  const { students } = district.options
  const place = shuffle(students)
  const changes: Change[] = []
  const rows = new Map<SampleFile, number>()
  let left = wanted
  for (; left > 0 && cursor < students; cursor++) {
    const student = findStudent(district, place(cursor))
    if (student.family !== student.index) continue
    const { change, costs } = affordable(district, sequence[changes.length % sequence.length]!, student, left)
    for (const [file, count] of costs) rows.set(file, (rows.get(file) ?? 0) + count)
    left -= sum(costs)
    changes.push(change)
  }
  if (left === 0) return { changes, rows, cursor }
  throw new OptionError(
    `--changes ${wanted} is more than this district can give: ${wanted - left} rows are left to change`,
  )
}

/** The change of that kind when its rows fit, otherwise one of a single row. */
function affordable(district: District, kind: Change['kind'], student: Student, rows: number) {
  const change: Change = { kind, student }
  const costs = costOf(district, change)
  if (sum(costs) <= rows) return { change, costs }
  const small: Change = { kind: 'changed', student }
  return { change: small, costs: costOf(district, small) }
}

function costOf(district: District, change: Change): [SampleFile, number][] {
  const files = Object.entries(changeRows) as [SampleFile, (typeof changeRows)['users']][]
  return files
    .map(([file, make]): [SampleFile, number] => [file, make(district, change, 0).length])
    .filter(([, count]) => count > 0)
}

const sum = (costs: readonly [SampleFile, number][]) => costs.reduce((total, [, count]) => total + count, 0)

/** 0 to `count` - 1 in another order: steps of about the golden ratio, of a length that has no divisor in common with `count`. */
function shuffle(count: number): (position: number) => number {
  let step = Math.max(1, Math.round(count * 0.618034))
  while (greatestCommonDivisor(step, count) > 1) step++
  return (position) => (position * step) % count
}

const greatestCommonDivisor = (a: number, b: number): number => (b ? greatestCommonDivisor(b, a % b) : a)
