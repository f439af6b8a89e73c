import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { projectRoot } from '../../platform/projectRoot'
import { rosterFingerprint, smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { until } from '../support/until'

/**
 * kill -9 at named places of the pipeline, in real processes. Whatever happens, the roster is the old one or the new one, the job ends, and
 * nothing is left behind.
 */
describe('a worker killed with kill -9', () => {
  let hub: ImportHub
  const workers: ChildProcess[] = []
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' })
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) {
      if (worker.exitCode === null && worker.signalCode === null) {
        worker.kill('SIGKILL')
        await once(worker, 'exit')
      }
    }
    await hub.close()
  })

  function startWorkerProcess(pauseAt?: string): ChildProcess {
    const worker = fork(join(projectRoot, 'test/faults/workerProcess.cjs'), {
      env: {
        ...process.env,
        ...hub.database.env,
        ...{ STORAGE_DIR: hub.config.storageDir, IMPORT_REMOVAL_LIMIT: '1', LOG_LEVEL: 'error' },
        ...{ NODE_ENV: 'test', ...(pauseAt ? { ROSTERHUB_PAUSE_AT: pauseAt } : {}) },
      },
    })
    workers.push(worker)
    return worker
  }
  async function killedAt(place: string): Promise<void> {
    const worker = startWorkerProcess(place)
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: { pausedAt?: string }) => message.pausedAt === place && resolve())
      worker.once('exit', () => reject(new Error('the worker ended by itself')))
    })
    worker.removeAllListeners('exit')
    worker.kill('SIGKILL')
    await once(worker, 'exit')
  }
  const roster = async () => (await hub.owner.query(rosterFingerprint)).rows
  const leftovers = async () =>
    (await hub.owner.query(`select tablename from pg_tables where schemaname = 'staging'`)).rows
  const second = async () => {
    const files = smallRoster()
    files['users.csv']![0]!['phone'] = '03-0000-0000'
    files['enrollments.csv']!.pop()
    return packageOf(files)
  }
  /** A job is over with its commit; its staging tables go right after it. */
  const cleared = () => until('staging tables are gone', async () => (await leftovers()).length === 0)
  async function oldRoster(): Promise<unknown[]> {
    const worker = startWorkerProcess()
    await hub.run(await packageOf(smallRoster()))
    worker.kill('SIGTERM')
    await once(worker, 'exit')
    const before = await roster()
    expect(before).toHaveLength(15)
    return before
  }

  test.each(['parsed users.csv', 'merging', 'merged'])(
    'at "%s" leaves the old roster, and the next worker finishes the job',
    async (place) => {
      const before = await oldRoster()
      const id = await hub.upload(await second())
      await killedAt(place)
      expect(await roster()).toEqual(before)
      expect(['VALIDATING', 'MERGING']).toContain((await hub.job(id)).state)
      startWorkerProcess()
      const job = await hub.ended(id)
      expect(job).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
      const after = await roster()
      expect(after).not.toEqual(before)
      expect(job.files.find(({ file }) => file === 'enrollments.csv')).toMatchObject({ removed: 1, unchanged: 2 })
      await cleared()
    },
  )

  test('right after commit leaves the new roster and a job that is over; the next worker clears up', async () => {
    const before = await oldRoster()
    const id = await hub.upload(await second())
    await killedAt('committed')
    expect((await hub.job(id)).state).toBe('COMPLETED')
    const after = await roster()
    expect(after).not.toEqual(before)
    expect((await leftovers()).length).toBeGreaterThan(0)
    startWorkerProcess()
    await cleared()
    expect(await roster()).toEqual(after)
  })

  test('every time it tries: after three attempts the job ends FAILED with an id for the log', async () => {
    const before = await oldRoster()
    const id = await hub.upload(await second())
    for (let attempt = 1; attempt <= 3; attempt++) await killedAt('merged')
    startWorkerProcess()
    const job = await hub.ended(id)
    expect(job).toMatchObject({ state: 'FAILED', failure: 'WORKER_LOST', attempts: 3 })
    expect(job.logId).toMatch(/^[0-9a-f-]{36}$/)
    expect(await roster()).toEqual(before)
    expect(await hub.mutate('retryImport', id)).toMatchObject({ state: 'QUEUED', attempts: 0, failure: null })
    expect(await hub.ended(id)).toMatchObject({ state: 'COMPLETED' })
  })

  test('SIGTERM in the middle gives the job back at once, and it does not count as an attempt', async () => {
    await oldRoster()
    const id = await hub.upload(await second())
    const worker = startWorkerProcess('parsed users.csv')
    await new Promise<void>((resolve) =>
      worker.on('message', (message: { pausedAt?: string }) => message.pausedAt && resolve()),
    )
    worker.kill('SIGTERM')
    const [code] = await once(worker, 'exit')
    expect([code, (await hub.job(id)).state]).toEqual([0, 'QUEUED'])
    const { rows } = await hub.owner.query('select attempts from import_jobs where job_id = $1', [id])
    expect(rows).toEqual([{ attempts: 0 }])
  })
})
