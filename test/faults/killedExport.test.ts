import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { askAs, exportEnded, exportJob, queueExport, rowsOf } from '../exports/support'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { workerProcesses } from './workerProcesses'

/** kill -9 in the middle of an export, in real processes: the package is there whole or not at all, and the job ends. */
describe('a worker killed with kill -9 while it exports', () => {
  let hub: ImportHub
  const workers = workerProcesses(() => hub)
  beforeEach(async () => {
    hub = await createImportHub()
    workers.start()
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
    await workers.end('SIGTERM')
  })
  afterEach(async () => {
    await workers.end('SIGKILL')
    await hub.close()
  })
  const killedAt = async (place: string) => workers.end('SIGKILL', await workers.pausedAt(place))
  const packagePath = (id: string) => join(hub.config.storageDir, 'exports', String(hub.tenantId), id)
  const options = { profile: 'BASE_1_2_1' }

  test.each(['exported enrollments.csv', 'exported'])(
    'at "%s" does it again, and the package is whole',
    async (place) => {
      const id = await queueExport(hub, options)
      await killedAt(place)
      expect((await exportJob(hub, id)).state).toBe('RUNNING')
      expect(existsSync(packagePath(id))).toBe(place === 'exported')
      workers.start()
      expect(await exportEnded(hub, id)).toMatchObject({ state: 'COMPLETED', rowsWritten: 15 })
      expect(await rowsOf(packagePath(id), 'users.csv')).toHaveLength(3)
      expect(await readdir(join(hub.config.storageDir, 'exports', String(hub.tenantId)))).toEqual([id])
    },
  )

  test('every time it tries: after three attempts the export ends FAILED with an id for the log', async () => {
    const id = await queueExport(hub, options)
    // Behind the last file, users.csv, the package may be whole already.
    for (let attempt = 1; attempt <= 3; attempt++) {
      await killedAt('exported enrollments.csv')
      // As if the seconds had passed after which a silent worker is taken for dead.
      await hub.owner.query(`update export_jobs set beat_at = beat_at - interval '1 minute' where job_id = $1`, [id])
    }
    workers.start()
    const job = await exportEnded(hub, id)
    expect(job.state).toBe('FAILED')
    expect(job.logId).toMatch(/^[0-9a-f-]{36}$/)
    expect(existsSync(packagePath(id))).toBe(false)
  })

  test('after it was cancelled: the job stays cancelled, and no worker finds it again', async () => {
    const id = await queueExport(hub, options)
    const worker = await workers.pausedAt('exported enrollments.csv')
    const { cancelExport } = await askAs(hub, `mutation { cancelExport(id: "${id}") { state } }`)
    expect(cancelExport.state).toBe('CANCELLED')
    await workers.end('SIGKILL', worker)
    workers.start()
    const next = await queueExport(hub, options)
    expect((await exportEnded(hub, next)).state).toBe('COMPLETED')
    expect((await exportJob(hub, id)).state).toBe('CANCELLED')
    expect(await readdir(join(hub.config.storageDir, 'exports', String(hub.tenantId)))).toEqual([next])
  })

  test('two workers do an export once', async () => {
    workers.start()
    workers.start()
    const jobs = await Promise.all([1, 2, 3].map(() => queueExport(hub, options)))
    for (const id of jobs) expect((await exportEnded(hub, id)).state).toBe('COMPLETED')
    // What a worker has begun it ends before it closes.
    await workers.end('SIGTERM')
    const { rows } = await hub.owner.query(
      `select count(*)::integer as written from audit_events where operation = 'writeExport'`,
    )
    expect(rows).toEqual([{ written: 3 }])
  })
})
