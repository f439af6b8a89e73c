import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** What the suites of a test run counted, whichever process ran them: one line each in a file that globalSetup.ts names. */
export interface AttackCount {
  readonly tried: number
  readonly letThrough: number
}

/** Where the processes of this run write. */
export const attackFileVariable = 'ROSTERHUB_TEST_ATTACKS'

export function totalAttacks(count: AttackCount): void {
  const file = process.env[attackFileVariable]
  // One write of a short line: those of two processes do not mix.
  if (file) appendFileSync(file, `${JSON.stringify(count)}\n`)
}

/** The closing line of the run; undefined when no suite has counted. */
export function attackLine(file = process.env[attackFileVariable]): string | undefined {
  if (!file || !existsSync(file)) return undefined
  const counts = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AttackCount)
  const sum = (name: keyof AttackCount) => counts.reduce((total, count) => total + count[name], 0)
  return `attacks tried: ${sum('tried')}, let through: ${sum('letThrough')}`
}
