import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../platform/projectRoot'
import { askAs, exportEnded, exportJob, queueExport, rowsOf } from '../exports/support'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'

/** kill -9 in the middle of an export, in real processes: the package is there whole or not at all, and the job ends. */
describe('a worker killed with kill -9 while it exports', () => {
  let hub: ImportHub
  const workers: ChildProcess[] = []
  beforeEach(async () => {
    hub = await createImportHub()
    const worker = startWorkerProcess()
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
    await ended(worker, 'SIGTERM')
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) await ended(worker, 'SIGKILL')
    await hub.close()
  })

  function startWorkerProcess(pauseAt?: string): ChildProcess {
    const worker = fork(join(projectRoot, 'test/faults/workerProcess.cjs'), {
      env: {
        ...process.env,
        ...hub.database.env,
        ...{ STORAGE_DIR: hub.config.storageDir, LOG_LEVEL: 'error', NODE_ENV: 'test' },
        ...(pauseAt ? { ROSTERHUB_PAUSE_AT: pauseAt } : {}),
      },
    })
    workers.push(worker)
    return worker
  }
  async function ended(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (worker.exitCode !== null || worker.signalCode !== null) return
    worker.kill(signal)
    await once(worker, 'exit')
  }
  async function pausedAt(place: string): Promise<ChildProcess> {
    const worker = startWorkerProcess(place)
    await new Promise<void>((resolve) => {
      worker.on('message', (message: { pausedAt?: string }) => message.pausedAt === place && resolve())
    })
    return worker
  }
  const packagePath = (id: string) => join(hub.config.storageDir, 'exports', String(hub.tenantId), id)
  const options = { profile: 'BASE_1_2_1' }

  test.each(['exported enrollments.csv', 'exported'])(
    'at "%s" does it again, and the package is whole',
    async (place) => {
      const id = await queueExport(hub, options)
      await ended(await pausedAt(place), 'SIGKILL')
      expect((await exportJob(hub, id)).state).toBe('RUNNING')
      expect(existsSync(packagePath(id))).toBe(place === 'exported')
      startWorkerProcess()
      expect(await exportEnded(hub, id)).toMatchObject({ state: 'COMPLETED', rowsWritten: 15 })
      expect(await rowsOf(packagePath(id), 'users.csv')).toHaveLength(3)
      expect(await readdir(join(hub.config.storageDir, 'exports', String(hub.tenantId)))).toEqual([id])
    },
  )

  test('every time it tries: after three attempts the export ends FAILED with an id for the log', async () => {
    const id = await queueExport(hub, options)
    // Behind the last file, users.csv, the package may be whole already.
    for (let attempt = 1; attempt <= 3; attempt++) await ended(await pausedAt('exported enrollments.csv'), 'SIGKILL')
    startWorkerProcess()
    const job = await exportEnded(hub, id)
    expect(job.state).toBe('FAILED')
    expect(job.logId).toMatch(/^[0-9a-f-]{36}$/)
    expect(existsSync(packagePath(id))).toBe(false)
  })

  test('after it was cancelled: the job stays cancelled, and no worker finds it again', async () => {
    const id = await queueExport(hub, options)
    const worker = await pausedAt('exported enrollments.csv')
    const { cancelExport } = await askAs(hub, `mutation { cancelExport(id: "${id}") { state } }`)
    expect(cancelExport.state).toBe('CANCELLED')
    await ended(worker, 'SIGKILL')
    startWorkerProcess()
    const next = await queueExport(hub, options)
    expect((await exportEnded(hub, next)).state).toBe('COMPLETED')
    expect((await exportJob(hub, id)).state).toBe('CANCELLED')
    expect(await readdir(join(hub.config.storageDir, 'exports', String(hub.tenantId)))).toEqual([next])
  })

  test('two workers do an export once', async () => {
    startWorkerProcess()
    startWorkerProcess()
    const jobs = await Promise.all([1, 2, 3].map(() => queueExport(hub, options)))
    for (const id of jobs) expect((await exportEnded(hub, id)).state).toBe('COMPLETED')
    // What a worker has begun it ends before it closes.
    for (const worker of workers.splice(0)) await ended(worker, 'SIGTERM')
    const { rows } = await hub.owner.query(
      `select count(*)::integer as written from audit_events where operation = 'writeExport'`,
    )
    expect(rows).toEqual([{ written: 3 }])
  })
})
