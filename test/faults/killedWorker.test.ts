import { rosterFingerprint, smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { until } from '../support/until'
import { workerProcesses } from './workerProcesses'

/**
 * kill -9 at named places of the pipeline, in real processes. Whatever happens, the roster is the old one or the new one, the job ends, and
 * nothing is left behind.
 */
describe('a worker killed with kill -9', () => {
  let hub: ImportHub
  const workers = workerProcesses(() => hub)
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' })
  })
  afterEach(async () => {
    await workers.end('SIGKILL')
    await hub.close()
  })
  const killedAt = async (place: string) => workers.end('SIGKILL', await workers.pausedAt(place))
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
    workers.start()
    await hub.run(await packageOf(smallRoster()))
    await workers.end('SIGTERM')
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
      workers.start()
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
    workers.start()
    await cleared()
    expect(await roster()).toEqual(after)
  })

  test('every time it tries: after three attempts the job ends FAILED with an id for the log', async () => {
    const before = await oldRoster()
    const id = await hub.upload(await second())
    for (let attempt = 1; attempt <= 3; attempt++) {
      await killedAt('merged')
      // As if the seconds had passed after which a silent worker is taken for dead.
      await hub.owner.query(`update import_jobs set beat_at = beat_at - interval '1 minute' where job_id = $1`, [id])
    }
    workers.start()
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
    const code = await workers.end('SIGTERM', await workers.pausedAt('parsed users.csv'))
    expect([code, (await hub.job(id)).state]).toEqual([0, 'QUEUED'])
    const { rows } = await hub.owner.query('select attempts from import_jobs where job_id = $1', [id])
    expect(rows).toEqual([{ attempts: 0 }])
  })
})
