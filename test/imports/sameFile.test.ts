import { changed, rosterFingerprint, smallRoster } from './smallRoster'
import { createImportHub, csvOf, packageOf, type ImportHub, type ImportedJob } from './support'

/** The very same bytes again, while nobody wrote to the tenant: known by their hash, and not read. */
describe('the same file again', () => {
  let hub: ImportHub
  let bytes: Buffer
  let first: ImportedJob
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
    const roster = smallRoster()
    // Something to warn of and something to leave out, so that a report of nothing can be told from the report of the file.
    roster['users.csv']![2]!['primaryOrgSourcedId'] = 'district'
    roster['enrollments.csv']![2]!['role'] = 'pilot'
    bytes = await packageOf(roster)
    first = await hub.run(bytes, { onError: 'SKIP' })
    expect(first).toMatchObject({ state: 'COMPLETED', sameAs: null, issues: { total: 2 } })
  })
  afterEach(() => hub?.close())
  const again = (options = {}) => hub.run(bytes, { onError: 'SKIP', ...options })
  const roster = async () => (await hub.owner.query(rosterFingerprint)).rows
  const stamp = async () => (await hub.owner.query('select stamp from roster_state')).rows

  test('is COMPLETED within two seconds with all rows unchanged, and says which import had brought it', async () => {
    const before = [await roster(), await stamp()]
    const job = await again()
    const took =
      'select extract(epoch from finished_at - started_at)::float as seconds from import_jobs where job_id = $1'
    expect((await hub.owner.query(took, [job.id])).rows[0].seconds).toBeLessThan(2)
    expect(job).toMatchObject({
      state: 'COMPLETED',
      sameAs: first.id,
      progress: 100,
      rowsRead: 0,
      profile: 'BASE_1_2_1',
    })
    expect(job.files).toEqual(
      first.files.map((file) => ({ ...file, created: 0, updated: 0, unchanged: file.read - file.rejected })),
    )
    expect(job.issues).toEqual(first.issues)
    expect(job.issueCounts).toEqual(first.issueCounts)
    expect([await roster(), await stamp()]).toEqual(before)
    expect((await again()).sameAs).toBe(first.id)
  })

  test('a dry run of it too, which is no import that a later file is compared with', async () => {
    const dry = await again({ dryRun: true })
    expect(dry).toMatchObject({ state: 'COMPLETED', sameAs: first.id })
    const other = await packageOf({ 'orgs.csv': smallRoster()['orgs.csv']! })
    await hub.run(other, { dryRun: true })
    expect(await hub.run(other)).toMatchObject({ sameAs: null })
  })

  test('is read when that is asked for, or with other options', async () => {
    expect(await again({ force: true })).toMatchObject({ state: 'COMPLETED', sameAs: null, rowsRead: first.rowsRead })
    expect(await hub.run(bytes)).toMatchObject({ state: 'REJECTED', sameAs: null })
    expect(await again({ profile: 'BASE_1_2_1' })).toMatchObject({ sameAs: null, rowsRead: first.rowsRead })
  })

  test('is read when it comes from another source', async () => {
    const job = await again({ source: 'another' })
    expect(job).toMatchObject({ sameAs: null, rowsRead: first.rowsRead })
    expect(job.issueCounts.map(({ code }) => code)).toContain('row.otherSource')
  })

  test('is read when anything was written in between: what it brings is restored', async () => {
    const [user] = smallRoster()['users.csv']!
    const delta = Buffer.from(csvOf('users.csv', [changed({ ...user!, givenName: 'Changed' })]))
    expect((await hub.run(delta, { mode: 'delta' }, 'users.csv')).state).toBe('COMPLETED')
    const job = await again()
    expect(job).toMatchObject({ state: 'COMPLETED', sameAs: null, rowsRead: first.rowsRead })
    expect(job.files.find(({ file }) => file === 'users.csv')).toMatchObject({ updated: 1, unchanged: 2 })
    expect((await again()).sameAs).toBe(job.id)
  })

  test('of another tenant is nobody’s business', async () => {
    const other = await hub.owner.query(
      `insert into tenants (code, name) values ('other', 'Other') returning tenant_id`,
    )
    await hub.owner.query('update import_jobs set tenant_id = $1', [other.rows[0].tenant_id])
    await hub.owner.query('insert into roster_state select $1, stamp from roster_state', [other.rows[0].tenant_id])
    expect(await again()).toMatchObject({ sameAs: null, rowsRead: first.rowsRead })
  })
})
