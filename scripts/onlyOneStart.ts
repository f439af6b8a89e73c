import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isRunning } from './childService'

/**
 * Lets one `npm start` at a time work in a data folder.
 * @returns what gives the folder free again
 * @throws Error with one sentence when another one runs
 */
export function onlyOneStart(folder: string): () => void {
  const file = path.join(folder, 'start.pid')
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (!claim(file)) {
    const pid = Number(readText(file))
    if (pid !== process.pid && isRunning(pid, 'scripts/start')) {
      throw new Error(`RosterHub already runs from this folder (process ${pid}): stop that one first (Ctrl-C).`)
    }
    rmSync(file, { force: true }) // left behind by a killed one
    if (!claim(file)) throw new Error('RosterHub is being started from this folder by another command just now.')
  }
  return () => rmSync(file, { force: true })
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
