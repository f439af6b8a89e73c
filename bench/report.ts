import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem, release } from 'node:os'
import path from 'node:path'
import { projectRoot } from '../platform/projectRoot'
import { judge } from './budgets'
import type { Figure } from './figures'

/** The table: one row for each figure; ratios are times the floor, and more is slower. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { budget, verdict } = judge(figure)
    const limit = budget?.ratio ?? budget?.most
    return [
      figure.what,
      figure.students.toLocaleString('en'),
      figure.floor === undefined ? '' : quantity(figure.floor, figure.unit),
      quantity(figure.measured, figure.unit),
      figure.ratio === undefined ? '' : figure.ratio.toFixed(2),
      limit === undefined ? '' : `≤ ${limit}`,
      verdict,
      budget?.goal === undefined ? '' : `≤ ${budget.goal}`,
    ]
  })
  return aligned([['path', 'students', 'floor', 'measured', '× floor', 'budget', '', 'goal'], ...rows])
}

/** Writes all that was measured, and where, as JSON: one run, or one more. */
export function writeResults(
  file: string,
  figures: readonly Figure[],
  { about, add }: { about: Readonly<Record<string, unknown>>; add: boolean },
): void {
  const before = add && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { runs: unknown[] }).runs : []
  const rounded = figures.map((figure) => ({ ...round(figure), ...verdictOf(figure) }))
  writeFileSync(file, `${JSON.stringify({ runs: [...before, { ...about, figures: rounded }] }, null, 2)}\n`)
}

/** What the figures depend on. */
export function machine(): Record<string, unknown> {
  return {
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch} ${release()}`,
  }
}

/** The commit that is measured, with a + when files differ from it; empty outside a clone. */
export function revision(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8' }).trim()
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? '+' : '')
  } catch {
    return ''
  }
}

/** One sentence when others use the machine, undefined when not. */
export function busyWarning(): string | undefined {
  const [load = 0] = loadavg()
  if (load < cpus().length * 0.4) return undefined
  return `The machine is busy (load ${load.toFixed(1)} on ${cpus().length} processors): the figures will be noisy.`
}

export const resultsFile = path.join(projectRoot, 'bench', 'results.json')

function quantity(value: number, unit: Figure['unit']): string {
  const digits = value >= 1000 ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_cell, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')
  const [head, ...body] = rows.map(line)
  return [head, '-'.repeat(head!.length), ...body].join('\n')
}

function verdictOf(figure: Figure) {
  const { budget, verdict } = judge(figure)
  if (!budget) return {}
  const { ratio, most, goal } = budget
  return {
    budget: {
      ...(ratio !== undefined && { ratio }),
      ...(most !== undefined && { most }),
      ...(goal !== undefined && { goal }),
    },
    verdict,
  }
}

/** Three digits are more than such a measurement holds. */
function round<T>(value: T): T {
  if (typeof value === 'number') return (Number.isInteger(value) ? value : Number(value.toPrecision(4))) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, round(part as unknown)])) as T
}
