import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onlyOneStart } from './onlyOneStart'

const folder = mkdtempSync(path.join(tmpdir(), 'rosterhub-one-'))
const file = path.join(folder, 'start.pid')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the folder is given free again', () => {
  onlyOneStart(folder)()
  expect(existsSync(file)).toBe(false)
})

test('a second start is refused with the process that runs', () => {
  const running = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'scripts/start'])
  writeFileSync(file, String(running.pid))
  try {
    expect(() => onlyOneStart(folder)).toThrow(`RosterHub already runs from this folder (process ${running.pid})`)
  } finally {
    running.kill('SIGKILL')
  }
})

test('what a killed start left behind, and a pid given to another program since, do not count', () => {
  for (const pid of [2 ** 22 + 1, process.ppid]) {
    writeFileSync(file, String(pid))
    onlyOneStart(folder)()
  }
})
