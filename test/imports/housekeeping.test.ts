import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Pool } from 'pg'
import { keepHouse, type House } from '../../subgraphs/imports/housekeeping/keepHouse'
import { directoryStorage } from '../../subgraphs/imports/storage'
import { startWorker } from '../../subgraphs/imports/worker'
import { askAs, exportJob, queueExport, exportEnded } from '../exports/support'
import { changed, smallRoster } from './smallRoster'
import { createImportHub, packageOf, type ImportHub } from './support'
import { openPool } from '../support/database'

/** Clocks are moved by writing times into the tables. */
describe('housekeeping', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> }
  let pool: Pool
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' })
    worker = await startWorker(hub.config)
    pool = openPool(hub.config.databaseWorkerUrl, 3)
  })
  afterEach(async () => {
    await pool.end()
    await worker.close()
    await hub.close()
  })
  const keep = (config: Partial<House['config']> = {}) =>
    keepHouse({
      pool,
      storage: directoryStorage(hub.config.storageDir),
      config: { ...hub.config, ...config },
    })
  const fileOf = (kind: 'uploads' | 'exports', id: string) =>
    existsSync(join(hub.config.storageDir, kind, String(hub.tenantId), id))
  const age = (table: string, id: string, days: number) =>
    hub.owner.query(
      `update ${table} set created_at = created_at - make_interval(days => $2), finished_at = finished_at - make_interval(days => $2)
       where job_id = $1`,
      [id, days],
    )

  test('removes uploaded packages after 90 days, not before, and keeps their job; twice is once', async () => {
    const young = await hub.run(await packageOf(smallRoster()))
    const old = await hub.run(await packageOf(smallRoster()), { dryRun: true })
    await age('import_jobs', young.id, 89)
    await age('import_jobs', old.id, 91)
    await Promise.all([keep(), keep()])
    await keep()
    expect([fileOf('uploads', young.id), fileOf('uploads', old.id)]).toEqual([true, false])
    expect(await hub.job(old.id)).toMatchObject({ state: 'COMPLETED', files: old.files })
    await keep({ uploadDays: 0 })
    expect(fileOf('uploads', young.id)).toBe(true)
  })

  test('cancels an import that was held until its package went', async () => {
    await worker.close()
    const id = await hub.upload(await packageOf(smallRoster()))
    await hub.owner.query(
      `update import_jobs set state = 'HELD', created_at = created_at - interval '91 days' where job_id = $1`,
      [id],
    )
    await keep()
    expect([(await hub.job(id)).state, fileOf('uploads', id)]).toEqual(['CANCELLED', false])
    worker = await startWorker(hub.config)
  })

  test('removes exported packages after 7 days; the job says EXPIRED and has no link', async () => {
    await hub.run(await packageOf(smallRoster()))
    const [young, old] = [await queueExport(hub, {}), await queueExport(hub, {})]
    for (const id of [young, old]) expect((await exportEnded(hub, id)).state).toBe('COMPLETED')
    await age('export_jobs', young, 6)
    await age('export_jobs', old, 8)
    await keep()
    await keep()
    expect([fileOf('exports', young), fileOf('exports', old)]).toEqual([true, false])
    expect((await exportJob(hub, old)).state).toBe('EXPIRED')
    const link = `query ($id: ID!) { exportJob(id: $id) { downloadUrl expiresAt } }`
    expect((await askAs(hub, link, { id: old })).exportJob).toEqual({ downloadUrl: null, expiresAt: null })
    expect((await askAs(hub, link, { id: young })).exportJob.downloadUrl).toMatch(/^http/)
  })

  test('removes files that no job knows, and what dead writers left, and nothing that is under way', async () => {
    const job = await hub.run(await packageOf(smallRoster()))
    const storage = directoryStorage(hub.config.storageDir)
    const unknown = '00000000-0000-4000-8000-000000000000'
    for (const kind of ['uploads', 'exports']) {
      await storage.write(`${kind}/${hub.tenantId}/${unknown}`, Readable.from([Buffer.from('x')]), 10)
    }
    await worker.close()
    const running = await queueExport(hub, {})
    await storage.write(`exports/${hub.tenantId}/${running}`, Readable.from([Buffer.from('x')]), 10)
    const half = join(hub.config.storageDir, 'incoming', 'half')
    writeFileSync(half, 'half')
    utimesSync(half, new Date(), new Date(Date.now() - 25 * 3_600_000))
    await keep()
    expect([fileOf('uploads', unknown), fileOf('exports', unknown), existsSync(half)]).toEqual([false, false, false])
    expect([fileOf('uploads', job.id), fileOf('exports', running)]).toEqual([true, true])
    worker = await startWorker(hub.config)
  })

  test('prunes single issues after a year and keeps their counts', async () => {
    const files = smallRoster()
    files['users.csv']![0]!['givenName'] = ''
    const job = await hub.run(await packageOf(files))
    await age('import_jobs', job.id, 364)
    await keep()
    expect((await hub.job(job.id)).issues.total).toBe(1)
    await age('import_jobs', job.id, 2)
    await keep()
    expect(await hub.job(job.id)).toMatchObject({ issues: { total: 0 }, issueCounts: job.issueCounts })
  })

  describe('of records that are tobedeleted', () => {
    const idsIn = async (table: string) =>
      (await hub.owner.query(`select sourced_id from ${table} order by 1`)).rows.map(({ sourced_id }) => sourced_id)
    const rest = () =>
      hub.owner.query('select sourced_id, date_last_modified, document from users order by 1').then(({ rows }) => rows)
    /** Student s2 has left, long ago. */
    async function withLeaver(more: (files: ReturnType<typeof smallRoster>) => void = () => undefined) {
      const files = smallRoster()
      more(files)
      await hub.run(await packageOf(files))
      const leaving = {
        'users.csv': [changed(files['users.csv']![2]!, 'tobedeleted')],
        'roles.csv': [changed(files['roles.csv']![2]!, 'tobedeleted')],
        'enrollments.csv': [changed(files['enrollments.csv']![2]!, 'tobedeleted')],
      }
      const modes = Object.fromEntries(Object.keys(leaving).map((file) => [file, 'delta' as const]))
      expect((await hub.run(await packageOf(leaving, { modes }))).state).toBe('COMPLETED')
      for (const table of ['users', 'roles', 'enrollments']) {
        await hub.owner.query(
          `update ${table} set date_last_modified = date_last_modified - interval '100 days' where status = 'tobedeleted'`,
        )
      }
    }

    test('removes none unless told to, and none before their time', async () => {
      await withLeaver()
      await keep()
      await keep({ removedDays: 101 })
      expect(await idsIn('users')).toEqual(['s1', 's2', 't1'])
      expect(await idsIn('roles')).toHaveLength(3)
    })

    test('removes those that are old enough with all that was theirs, and changes no other record', async () => {
      await withLeaver()
      const before = (await rest()).filter(({ sourced_id }) => sourced_id !== 's2')
      const stamp = async () => (await hub.owner.query('select stamp from roster_state')).rows[0].stamp
      const earlier = await stamp()
      await Promise.all([keep({ removedDays: 99 }), keep({ removedDays: 99 })])
      expect(await idsIn('users')).toEqual(['s1', 't1'])
      expect(await idsIn('roles')).toEqual(['role-s1', 'role-t1'])
      expect(await idsIn('enrollments')).toEqual(['enrollment-s1', 'enrollment-t1'])
      expect(await rest()).toEqual(before)
      // Totals are kept by the stamp.
      const later = await stamp()
      expect(later > earlier).toBe(true)
      await keep({ removedDays: 99 })
      expect(await stamp()).toEqual(later)
      const { rows } = await hub.owner.query(`select object_count from audit_events where operation = 'purgeRemoved'`)
      expect(rows).toEqual([{ object_count: 3 }])
    })

    test('keeps what somebody still refers to, with all that it is shown with', async () => {
      await withLeaver((files) => (files['users.csv']![0]!['agentSourcedIds'] = 's2'))
      await keep({ removedDays: 99 })
      expect(await idsIn('users')).toEqual(['s1', 's2', 't1'])
      expect(await idsIn('roles')).toHaveLength(3)
      expect(await idsIn('enrollments')).toEqual(['enrollment-s1', 'enrollment-t1'])
    })

    test('keeps a class that a homeroom names and an org that a removed class still has', async () => {
      await hub.run(await packageOf(smallRoster()))
      await hub.owner.query(`update users set metadata = '{"jp.homeClass": "class"}' where sourced_id = 's1'`)
      for (const table of ['orgs', 'classes', 'enrollments', 'roles']) {
        await hub.owner.query(
          `update ${table} set status = 'tobedeleted', date_last_modified = now() - interval '9 years'`,
        )
      }
      await keep({ removedDays: 30 })
      expect([await idsIn('classes'), await idsIn('orgs')]).toEqual([['class'], ['district', 'school']])
      await hub.owner.query(`update users set metadata = null, primary_org_sourced_id = null`)
      await hub.owner.query(
        `update courses set status = 'tobedeleted', date_last_modified = now() - interval '9 years'`,
      )
      await keep({ removedDays: 30 })
      expect([await idsIn('classes'), await idsIn('courses'), await idsIn('orgs')]).toEqual([[], [], ['district']])
      await keep({ removedDays: 30 })
      expect(await idsIn('orgs')).toEqual([])
    })
  })
})
