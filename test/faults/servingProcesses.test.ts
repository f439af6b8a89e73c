import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import path from 'node:path'
import { freePortBase } from '../../bench/processes'
import { projectRoot } from '../../platform/projectRoot'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { until } from '../support/until'

let database: TestDatabase
let primary: ChildProcess
let port: number

beforeAll(async () => {
  database = await createTestDatabase()
  port = await freePortBase()
  primary = fork(path.join(projectRoot, 'scripts/serve.ts'), {
    execArgv: ['--require', path.join(projectRoot, 'test/support/compile.cjs')],
    env: {
      ...{ PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], ...database.env },
      ...{ PORT_BASE: String(port), SERVING_PROCESSES: '2', LOG_LEVEL: 'error', NODE_ENV: 'test' },
    },
  })
  await new Promise<void>((resolve, reject) => {
    primary.on('message', (message) => message === 'ready' && resolve())
    primary.once('exit', (code) => reject(new Error(`ended with code ${code}`)))
  })
})
afterAll(async () => {
  if (primary.exitCode === null && primary.signalCode === null) {
    primary.kill('SIGKILL')
    await once(primary, 'exit')
  }
  await database?.drop()
})

/** Over a connection of its own, so that the processes take turns. */
function ask(place: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get({ port, path: place, agent: new Agent({ keepAlive: false }) }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    }).on('error', reject)
  })
}
const children = () =>
  execFileSync('pgrep', ['-P', String(primary.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('several serving processes behind one port', () => {
  it('tell the numbers of all of them together, whichever is asked', async () => {
    for (let asked = 0; asked < 10; asked++) expect((await ask('/no/such/path')).status).toBe(404)
    for (let asked = 0; asked < 2; asked++) {
      const { body } = await ask('/metrics')
      expect(body).toMatch(/rosterhub_request_duration_seconds_count\{door="rest",status="404"\} 10\n/)
    }
  })

  it('go on when one is killed, and it is replaced', async () => {
    const before = children()
    expect(before).toHaveLength(2)
    process.kill(before[0]!, 'SIGKILL')
    await until('it is gone', () => !isRunning(before[0]!))
    for (let asked = 0; asked < 5; asked++) expect((await ask('/health/ready')).status).toBe(200)
    const after = await until('it is replaced', () => {
      const now = children()
      return now.length === 2 && !now.includes(before[0]!) && now
    })
    expect(after).toContain(before[1])
  })

  it('end with the one that started them', async () => {
    const pids = children()
    primary.kill('SIGTERM')
    const [code] = (await once(primary, 'exit')) as [number]
    expect(code).toBe(0)
    expect(pids.filter(isRunning)).toEqual([])
  })
})
