import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../platform/projectRoot'
import { until } from '../test/support/until'
import { isRunning, startChildService } from './childService'

const folder = mkdtempSync(path.join(tmpdir(), 'rosterhub-service-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const options = {
  name: 'The service',
  cwd: folder,
  logFile: path.join(folder, 'log'),
  stopSignal: 'SIGTERM' as const,
  isReady: () => Promise.resolve(true),
}

test('a service runs until it is stopped', async () => {
  const service = await startChildService({ ...options, command: 'sleep', args: ['60'] })
  expect(isAlive(service.pid)).toBe(true)
  await service.stop()
  expect(isAlive(service.pid)).toBe(false)
})

test('a service that ends at once is told with what it said', async () => {
  const failing = { ...options, command: 'sh', args: ['-c', 'echo no room; exit 3'], isReady: () => sleep(500, false) }
  await expect(startChildService(failing)).rejects.toThrow(/The service did not start.*no room/s)
})

test('a program that is not there is named', async () => {
  await expect(startChildService({ ...options, command: '/no/such/program', args: [] })).rejects.toThrow(
    'The service could not be started: /no/such/program does not run here.',
  )
})

test('a service and its temporary folder do not outlive a killed parent', async () => {
  execFileSync(process.execPath, ['scripts/bootstrap.cjs', '--build'], { cwd: projectRoot })
  const temporary = mkdtempSync(path.join(tmpdir(), 'rosterhub-service-'))
  const program = `
    const { startChildService } = require('./dist/scripts/childService')
    const options = ${JSON.stringify({ ...options, command: 'sleep', args: ['60'], removeAfterDeath: [temporary] })}
    startChildService({ ...options, isReady: async () => true }).then(({ pid }) => console.log(pid))
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['-e', program], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(String((await once(parent.stdout, 'data'))[0]))
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await until('the folder is gone', () => !existsSync(temporary))
  await until('the service has ended', () => !isAlive(pid))
})

function isAlive(pid: number): boolean {
  return isRunning(pid, 'sleep')
}
