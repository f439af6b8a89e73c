import { spawnSync } from 'node:child_process'
import { projectRoot } from '../platform/projectRoot'

const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' })

test('an old Node is told which one is needed, before anything is installed', () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`
  const { status, stderr } = node('-e', `${pretend}; require('./scripts/bootstrap.cjs')`)
  expect(status).toBe(1)
  expect(stderr).toBe('RosterHub needs Node 20.19 or newer; this is Node 18.20.8.\n')
})

test('a command that does not exist is named', () => {
  const { status, stderr } = node('scripts/bootstrap.cjs', 'scripts/nothing')
  expect(status).toBe(1)
  expect(stderr).toContain('RosterHub has nothing called "scripts/nothing"')
})

test('an entry runs as the main module, with its own arguments and exit code', () => {
  expect(node('scripts/bootstrap.cjs', 'jest', '--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(node('scripts/bootstrap.cjs', 'sample/generate', '--no-such-option').status).not.toBe(0)
})
