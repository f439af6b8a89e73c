import { renameSync, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pauseAfter } from '../../subgraphs/imports/faults'
import { startWorker } from '../../subgraphs/imports/worker'
import { rosterFingerprint, smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { until } from '../support/until'

/** Faults of ours: what may pass is tried again with a growing pause, what does not is FAILED with its reason and may be run again. */
describe('an import during a fault of ours', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> } | undefined
  const environment = { IMPORT_RETRY_SECONDS: '0.2', IMPORT_REMOVAL_LIMIT: '1' }
  beforeEach(async () => {
    hub = await createImportHub(environment)
  })
  afterEach(async () => {
    await worker?.close()
    worker = undefined
    await hub.close()
  })
  const start = async (at?: (place: string) => Promise<void>, config = hub.config) =>
    void (worker = await startWorker(config, at))
  const stored = async (id: string) =>
    (await hub.owner.query('select attempts, faults, state, beat_at from import_jobs where job_id = $1', [id])).rows[0]
  const roster = async () => (await hub.owner.query(rosterFingerprint)).rows
  const upload = async (options = {}) => hub.upload(await packageOf(smallRoster()), options)

  test.each(['parsed users.csv', 'merging', 'merged'])('its connection is cut at "%s": tried again', async (place) => {
    let cuts = 0
    const id = await upload()
    await start(async (here) => {
      if (here !== place || cuts++) return
      await hub.owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity a where datname = current_database() and exists (
           select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory')`,
      )
    })
    const job = await hub.ended(id)
    expect(job).toMatchObject({ state: 'COMPLETED', attempts: 2, failure: null })
    expect(cuts).toBe(2)
    expect(await roster()).toHaveLength(15)
  })

  test('both connections are cut while references are checked: tried again, by the same worker', async () => {
    let cuts = 0
    const id = await upload()
    await start(async (here) => {
      if (here !== 'parsed users.csv' || cuts) return
      cuts = -1
      const [table] = (
        await hub.owner.query(
          `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'staging' and tablename like '%_users'`,
        )
      ).rows
      // Whoever asks about users waits here until it is cut.
      const lock = await hub.owner.connect()
      await lock.query(`begin; lock table ${table.name} in access exclusive mode`)
      void (async () => {
        // The locks, not pg_stat_activity: a transaction sees that as it was when it first looked.
        const waiting = `select pid from pg_locks where locktype = 'relation' and not granted
          and database = (select oid from pg_database where datname = current_database())`
        await until('both connections wait', async () => (await lock.query(waiting)).rows.length === 2)
        const cut = await lock.query(`select pg_terminate_backend(pid) from (${waiting}) waiting`)
        cuts = cut.rowCount!
        await lock.query('commit')
        lock.release()
      })()
    })
    const job = await hub.ended(id)
    expect(job).toMatchObject({ state: 'COMPLETED', attempts: 2, failure: null })
    expect(cuts).toBe(2)
    expect(await roster()).toHaveLength(15)
  })

  /** In place of the empty folder that a worker made when it started. */
  function storageIsBack(): void {
    rmSync(hub.config.storageDir, { recursive: true, force: true })
    renameSync(`${hub.config.storageDir}.away`, hub.config.storageDir)
  }

  test('the storage is away: tried again with pauses that double, then FAILED, listed, and run again on request', async () => {
    const id = await upload()
    renameSync(hub.config.storageDir, `${hub.config.storageDir}.away`)
    await start(undefined, { ...hub.config, importRetrySeconds: 0.1 })
    await until('the import fails', async () => (await stored(id)).state === 'FAILED')
    expect(await hub.job(id)).toMatchObject({ state: 'FAILED', failure: 'STORAGE', attempts: 6 })
    expect((await hub.job(id)).logId).toMatch(/^[0-9a-f-]{36}$/)
    expect([1, 2, 3, 4, 5, 20].map((faults) => pauseAfter(faults, 5))).toEqual([5, 10, 20, 40, 80, 600])
    const listed = await hub.ask<{ importJobs: { items: { id: string }[] } }>(
      '{ importJobs(filter: { state: [FAILED] }) { items { id } } }',
    )
    expect(listed.importJobs.items).toEqual([{ id }])
    storageIsBack()
    expect(await hub.mutate('retryImport', id)).toMatchObject({ state: 'QUEUED', failure: null, logId: null })
    expect(await hub.ended(id)).toMatchObject({ state: 'COMPLETED', attempts: 1 })
  })

  test('what would happen again is FAILED at once', async () => {
    let runs = 0
    const id = await upload()
    await start(async (place) => {
      if (place === 'merged' && !runs++) throw new TypeError('a fault of the program')
    })
    const job = await hub.ended(id)
    expect(job).toMatchObject({ state: 'FAILED', failure: 'INTERNAL' })
    expect(JSON.stringify(job)).not.toContain('a fault of the program')
    expect(await roster()).toEqual([])
    await hub.mutate('retryImport', id)
    expect((await hub.ended(id)).state).toBe('COMPLETED')
    await expect(hub.mutate('retryImport', id)).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } })
  })

  test('a run past the time limit is FAILED, wherever it is, and the roster stays', async () => {
    const id = await upload()
    await start(
      async (place) => {
        if (place === 'merged') await hub.owner.query('select pg_sleep(3)')
      },
      { ...hub.config, importTimeLimitSeconds: 1 },
    )
    expect(await hub.ended(id)).toMatchObject({ state: 'FAILED', failure: 'TIME_LIMIT' })
    expect(await roster()).toEqual([])
  })

  test('a FAILED or HELD import is not applied after a later one of its source; one of another source does not matter', async () => {
    let runs = 0
    const id = await upload()
    await start(async (place) => {
      if (place === 'merged' && !runs++) throw new TypeError('a fault of the program')
    })
    expect((await hub.ended(id)).state).toBe('FAILED')
    const org = { sourcedId: 'elsewhere', name: 'Elsewhere', type: 'district' }
    await hub.run(await packageOf({ 'orgs.csv': [org] }), { source: 'another' })
    await hub.run(await packageOf(smallRoster()), { dryRun: true })
    expect((await hub.mutate('retryImport', id)).state).toBe('QUEUED')
    expect((await hub.ended(id)).state).toBe('COMPLETED')
    await hub.owner.query(`update import_jobs set state = 'FAILED' where job_id = $1`, [id])
    await hub.run(await packageOf(smallRoster()), { force: true })
    await expect(hub.mutate('retryImport', id)).rejects.toThrow('a later import of the same source')
    await hub.owner.query(`update import_jobs set state = 'HELD' where job_id = $1`, [id])
    await expect(hub.mutate('confirmImport', id)).rejects.toThrow('a later import of the same source')
  })

  describe('can be cancelled', () => {
    const nothing = async (id: string) => {
      expect((await hub.ended(id)).state).toBe('CANCELLED')
      expect(await roster()).toEqual([])
      await expect(hub.mutate('cancelImport', id)).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } })
    }
    test('while its bytes arrive', async () => {
      let id = ''
      const bytes = await packageOf(smallRoster())
      const slow = Readable.from(
        (async function* () {
          yield bytes.subarray(0, 100)
          const jobs = () => hub.owner.query('select job_id from import_jobs')
          id = await until('there is a job', async () => (await jobs()).rows[0]?.job_id as string | undefined)
          await hub.mutate('cancelImport', id)
          yield bytes.subarray(100)
        })(),
        { objectMode: false },
      )
      await start()
      expect(await hub.upload(slow)).toBe(id)
      await nothing(id)
    })
    test.each(['parsed orgs.csv', 'merging', 'merged'])('at "%s"', async (place) => {
      const id = await upload()
      await start(async (here) => {
        if (here === place) await hub.mutate('cancelImport', id)
      })
      await nothing(id)
    })
    test('while it waits to be tried again', async () => {
      const id = await upload()
      renameSync(hub.config.storageDir, `${hub.config.storageDir}.away`)
      await start(undefined, { ...hub.config, importRetrySeconds: 60 })
      await until('the first fault', async () => (await stored(id)).faults === 1)
      expect(await hub.job(id)).toMatchObject({ state: 'QUEUED', attempts: 1 })
      await hub.mutate('cancelImport', id)
      storageIsBack()
      await nothing(id)
    })
  })
})
