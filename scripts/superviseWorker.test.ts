import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../test/support/until'
import { superviseWorker } from './superviseWorker'

const folder = mkdtempSync(path.join(tmpdir(), 'rosterhub-worker-'))
const entry = path.join(folder, 'worker.js')
writeFileSync(entry, `process.on('disconnect', () => process.exit()); setInterval(() => {}, 1000)`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a worker that is killed is started again, one that is stopped is not', async () => {
  const complaints = jest.spyOn(console, 'error').mockImplementation(() => undefined)
  const pids: number[] = []
  const worker = superviseWorker(entry, process.env, (pid) => pids.push(pid))
  process.kill(await until('a worker', () => pids[0]), 'SIGKILL')
  await until('another worker', () => pids[1])
  expect(pids[1]).not.toBe(pids[0])
  await worker.stop()
  expect(() => process.kill(pids[1]!, 0)).toThrow('ESRCH')
  await sleep(1500)
  expect(pids).toHaveLength(2)
  expect(complaints).toHaveBeenCalledTimes(1)
  complaints.mockRestore()
})
