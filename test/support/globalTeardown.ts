import { attackLine } from './attackTotals'

/** Says what the suites of test/trust/ counted together, and stops what globalSetup started. */
export default async function globalTeardown(): Promise<void> {
  const line = attackLine()
  if (line) process.stderr.write(`${line}\n`)
  await globalThis.stopTestServices?.()
}
