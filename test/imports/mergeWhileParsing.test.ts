import { startWorker } from '../../subgraphs/imports/worker'
import { workerProcesses } from '../faults/workerProcesses'
import { until } from '../support/until'
import { changed, rosterFingerprint, smallRoster } from './smallRoster'
import { createImportHub, packageOf, type ImportHub, type ImportedJob } from './support'

/**
 * Of a package with over a megabyte of enrollments, what they refer to is merged while they are still being read. Nobody may notice: whatever
 * is wrong with the enrollments, and whatever happens meanwhile, the roster is the old one or the new one.
 */
describe('a package with many enrollments', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> } | undefined
  let at: (place: string) => Promise<void>
  let before: unknown[]
  const workers = workerProcesses(() => hub)
  const rows = async (sql: string) => (await hub.owner.query(sql)).rows
  const roster = () => rows(rosterFingerprint)
  beforeEach(async () => {
    at = async () => undefined
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '0.5', IMPORT_RETRY_SECONDS: '0.2' })
    await start()
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
    before = await roster()
  })
  afterEach(async () => {
    await worker?.close()
    await workers.end('SIGKILL')
    await hub.close()
  })
  const start = async () => void (worker = await startWorker(hub.config, (place) => at(place)))

  type Files = ReturnType<typeof smallRoster>
  /** The small roster with another name for each user and 5,000 enrollments more. */
  async function large(change: (files: Files) => void = () => undefined, modes = {}): Promise<Buffer> {
    const files = smallRoster()
    for (const user of files['users.csv']!) user['givenName'] = 'Another'
    const [, student] = files['enrollments.csv']!
    const note = 'x'.repeat(200)
    files['enrollments.csv']!.push(
      ...Array.from({ length: 5_000 }, (_, i) => ({ ...student!, sourcedId: `more-${i}`, 'metadata.note': note })),
    )
    change(files)
    return packageOf(files, { extensions: { 'enrollments.csv': ['metadata.note'] }, modes })
  }
  const another = (files: Files) => ({ ...files['roles.csv']![0]!, sourcedId: 'another', roleType: 'secondary' })
  const counts = (job: ImportedJob, file: string) => job.files.find((one) => one.file === file)
  const names = () => rows('select distinct given_name from users')
  async function isMerged(job: ImportedJob): Promise<void> {
    expect(job).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
    expect(counts(job, 'users.csv')).toMatchObject({ read: 3, created: 0, updated: 3, unchanged: 0 })
    expect(counts(job, 'roles.csv')).toMatchObject({ read: 3, created: 0, updated: 0, unchanged: 3 })
    expect(counts(job, 'enrollments.csv')).toMatchObject({ read: 5_003, created: 5_000, unchanged: 3 })
    expect(await names()).toEqual([{ given_name: 'Another' }])
    expect(await rows('select count(*)::integer from enrollments')).toEqual([{ count: 5_003 }])
  }
  async function isAsBefore(): Promise<void> {
    expect(await roster()).toEqual(before)
  }
  /** The users are written, by a transaction that is still open. */
  const usersAreWritten = () =>
    until('the users are written', async () => {
      const found = await rows(
        `select from pg_locks where relation = 'users'::regclass and mode = 'RowExclusiveLock' and granted
           and not exists (select from pg_stat_activity a where a.pid = pg_locks.pid and a.state = 'active')`,
      )
      return found.length > 0
    })

  test('is merged with the same counts; meanwhile readers see the old roster', async () => {
    let seen: unknown
    at = async (place) => {
      if (place !== 'parsed enrollments.csv') return
      await usersAreWritten()
      seen = await roster()
    }
    await isMerged(await hub.run(await large()))
    expect(seen).toEqual(before)
    const [job] = await rows(`select count(distinct date_last_modified)::integer as stamps from (
      select date_last_modified from users union all select date_last_modified from enrollments where sourced_id like 'more%') written`)
    expect(job).toEqual({ stamps: 1 })
    at = async () => undefined
    const again = await hub.run(await large(), { force: true })
    for (const file of again.files) expect(file).toMatchObject({ created: 0, updated: 0, unchanged: file.read })
  })

  test('a dry run tells the same and changes nothing', async () => {
    const job = await hub.run(await large(), { dryRun: true })
    expect(counts(job, 'users.csv')).toMatchObject({ updated: 3 })
    expect(counts(job, 'enrollments.csv')).toMatchObject({ created: 5_000 })
    await isAsBefore()
  })

  test('an error in the last of them refuses all, and everything that is wrong is told', async () => {
    at = async (place) => {
      if (place === 'parsed enrollments.csv') await usersAreWritten()
    }
    const job = await hub.run(
      await large((files) => {
        files['enrollments.csv']!.at(-1)!['userSourcedId'] = 'nobody'
        files['enrollments.csv']!.at(-2)!['schoolSourcedId'] = 'district'
      }),
    )
    expect(job.state).toBe('REJECTED')
    expect(job.issues.items.map(({ code, line }) => [code, line])).toEqual([
      ['reference.notFound', 5004],
      ['reference.notSchool', 5003],
    ])
    expect(counts(job, 'users.csv')).toMatchObject({ read: 3, created: 0, updated: 0, unchanged: 0, removed: 0 })
    await isAsBefore()
    expect(await rows(`select from pg_tables where schemaname = 'staging'`)).toEqual([])
  })

  test.each([
    ['enrollments.csv', (files: Files) => void (files['enrollments.csv']!.at(-1)!['sourcedId'] = 'more-0'), 5004],
    // Merged before anything is checked; new, since a stored one would be updated twice.
    ['roles.csv', (files: Files) => void files['roles.csv']!.push(another(files), another(files)), 6],
  ])(
    'a sourcedId that stands twice in %s is told, though the merge stumbles over it first',
    async (file, spoil, line) => {
      const job = await hub.run(await large(spoil))
      expect(job.state).toBe('REJECTED')
      const told = job.issues.items.map((issue) => [issue.code, issue.file, issue.line])
      expect(told).toContainEqual(['row.duplicate', file, line])
      await isAsBefore()
    },
  )

  test('whether a school may become something else is asked when all enrollments are known', async () => {
    const move = (files: Files, kept = 0) => {
      files['orgs.csv']!.push({ sourcedId: 'new', name: 'New', type: 'school' })
      files['orgs.csv']![1]!['type'] = 'district'
      for (const row of [...files['classes.csv']!, ...files['enrollments.csv']!]) row['schoolSourcedId'] = 'new'
      files['enrollments.csv'] = files['enrollments.csv']!.slice(kept).map((row) => (kept ? changed(row) : row))
    }
    const job = await hub.run(await large((files) => move(files, 1), { 'enrollments.csv': 'delta' }))
    expect(job.state).toBe('REJECTED')
    expect(job.issues.items.map(({ code, line }) => [code, line])).toEqual([['reference.schoolStillUsed', 3]])
    await isAsBefore()
    expect(await hub.run(await large(move))).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
  })

  test.each([
    ['an error elsewhere', (files: Files) => (files['classes.csv']![0]!['courseSourcedId'] = 'nowhere'), 'classes.csv'],
    ['a user without a role', (files: Files) => void files['roles.csv']!.splice(0, 1), 'users.csv'],
    ['a row that is none', (files: Files) => (files['users.csv']![0]!['enabledUser'] = 'perhaps'), 'users.csv'],
  ])('%s is told beside theirs', async (_, spoil, file) => {
    const job = await hub.run(
      await large((files) => {
        spoil(files)
        files['enrollments.csv']!.at(-1)!['role'] = 'king'
      }),
    )
    expect(job.state).toBe('REJECTED')
    expect(new Set(job.issues.items.map((issue) => issue.file))).toEqual(new Set([file, 'enrollments.csv']))
    await isAsBefore()
  })

  test.each([
    ['enrollments.csv', (files: Files) => void files['enrollments.csv']!.splice(0, 2)],
    ['roles.csv', (files: Files) => void files['roles.csv']!.splice(1, 2)],
  ])('is held when it removes too much of %s, and merged when that is confirmed', async (file, remove) => {
    const held = await hub.run(
      await large((files) => {
        remove(files)
        if (file !== 'roles.csv') return
        for (const name of ['users.csv', 'demographics.csv'])
          files[name] = files[name]!.filter((row) => row['sourcedId'] === 't1')
        for (const row of files['enrollments.csv']!) row['userSourcedId'] = 't1'
        files['demographics.csv'] = [{ sourcedId: 't1', birthDate: '1990-04-02' }]
      }),
    )
    expect([held.state, counts(held, file)?.removed]).toEqual(['HELD', 2])
    await isAsBefore()
    await hub.mutate('confirmImport', held.id)
    const job = await hub.ended(held.id)
    expect([job.state, counts(job, file)?.removed]).toEqual(['COMPLETED', 2])
  })

  test('can be cancelled while both are under way', async () => {
    let id = ''
    at = async (place) => {
      if (place !== 'parsed enrollments.csv') return
      await usersAreWritten()
      await hub.mutate('cancelImport', id)
    }
    await worker!.close()
    id = await hub.upload(await large())
    await start()
    expect((await hub.ended(id)).state).toBe('CANCELLED')
    await isAsBefore()
  })

  test.each([
    ['that merges', `exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory')`],
    ['that reads', `query like 'set local %; analyze staging.%_enrollments'`],
  ])('the connection %s is cut: tried again', async (_, which) => {
    let cuts = 0
    at = async (place) => {
      if (place !== 'parsed enrollments.csv' || cuts) return
      await usersAreWritten()
      const cut = await rows(
        `select pg_terminate_backend(pid) from pg_stat_activity a where datname = current_database() and ${which}`,
      )
      cuts = cut.length
    }
    const job = await hub.run(await large())
    expect([cuts, job.attempts]).toEqual([1, 2])
    await isMerged(job)
  })

  test('kill -9 while both are under way leaves the old roster, and the next worker finishes the job', async () => {
    await worker!.close()
    const id = await hub.upload(await large())
    const child = await workers.pausedAt('parsed enrollments.csv')
    await usersAreWritten()
    await workers.end('SIGKILL', child)
    await isAsBefore()
    await start()
    await isMerged(await hub.ended(id))
  })

  test('a person who is erased meanwhile is refused for a moment; who was erased before stays out', async () => {
    const erase = (id: string) =>
      hub.ask('mutation ($id: ID!) { erasePerson(userSourcedId: $id, reason: REQUEST) { id } }', { id })
    await erase('s2')
    let refused: unknown
    at = async (place) => {
      if (place !== 'parsed enrollments.csv') return
      await usersAreWritten()
      refused = await erase('s1').catch((error: { extensions: unknown }) => error.extensions)
    }
    const job = await hub.run(await large((files) => (files['enrollments.csv']!.at(-1)!['userSourcedId'] = 's2')))
    expect(job.state).toBe('COMPLETED')
    expect(job.issueCounts).toContainEqual({
      code: 'row.erased',
      severity: 'warning',
      file: 'enrollments.csv',
      count: 2,
    })
    expect(refused).toMatchObject({ code: expect.stringMatching(/BUSY|CONFLICT/) })
    expect(await rows(`select status from users where sourced_id = 's2'`)).toEqual([{ status: 'tobedeleted' }])
    expect(await rows(`select from enrollments where user_sourced_id = 's2' and status = 'active'`)).toEqual([])
  })
})
