import type { Step } from './job'

/** Where a run is; the heartbeat writes it to the job now and then (see worker.ts). */
export interface Progress {
  step: Step
  bytesRead: number
  /** Of all files. */
  bytesToRead: number
  rowsRead: number
  /** 0 to 100; never falls within a run. */
  percentage: number
  /** Enters a step; `share` (0 to 1) says how much of it is done. */
  enter(step: Step, share?: number): void
}

/** Where each step begins, in percent: measured on a district of 200,000 students. */
const begins: Record<Step, number> = {
  openPackage: 0,
  readManifest: 1,
  parseRows: 2,
  checkReferences: 50,
  removalLimit: 57,
  mergeStaged: 60,
  writeReport: 99,
}
const steps = Object.keys(begins) as Step[]

export function startProgress(): Progress {
  return {
    step: 'openPackage',
    bytesRead: 0,
    bytesToRead: 0,
    rowsRead: 0,
    percentage: 0,
    enter(step, share = 0) {
      this.step = step
      const from = begins[step]
      const to = begins[steps[steps.indexOf(step) + 1] ?? step]
      this.percentage = Math.max(this.percentage, Math.min(99, from + (to - from) * Math.min(1, share)))
    },
  }
}
