import { changed, rosterFingerprint, smallRoster } from './smallRoster'
import { createImportHub, csvOf, packageOf, type ImportedJob, type ImportHub } from './support'

/** What a package does to the roster (CSV Binding 1.2 section 5). Each test has a hub of its own, with the small roster in it. */
describe('bulk and delta', () => {
  let hub: ImportHub
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '0.5' }, { worker: true })
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
  })
  afterEach(() => hub?.close())
  const rows = async (sql: string) => (await hub.owner.query(sql)).rows
  const fingerprint = () => rows(rosterFingerprint)
  const counts = (job: { files: { file: string }[] }, file: string) => job.files.find((one) => one.file === file)

  test('what was imported stands in the tables and in the documents', async () => {
    const [user] = await rows(
      `select *, replace(document, e'\\x01', '')::jsonb as json from users where sourced_id = 's1'`,
    )
    expect(user).toMatchObject({
      ...{ status: 'active', enabled_user: true, given_name: 'Given s1', middle_name: null, grades: null },
      user_ids: [
        { type: 'LDAP', identifier: 's1' },
        { type: 'LTI', identifier: 's1' },
      ],
      json: { sourcedId: 's1', enabledUser: 'true', roles: [{ roleType: 'primary', role: 'student' }] },
    })
    expect(await rows(`select term_sourced_ids from classes`)).toEqual([{ term_sourced_ids: ['year'] }])
    expect(await rows(`select operation, object_count from audit_events order by event_id`)).toEqual([
      { operation: 'importRoster', object_count: 1 },
      { operation: 'mergeImport', object_count: 15 },
    ])
  })

  test('the same package again changes no stamp and rewrites no row', async () => {
    const before = await fingerprint()
    const job = await hub.run(await packageOf(smallRoster()), { force: true })
    expect(job.state).toBe('COMPLETED')
    for (const file of job.files)
      expect(file).toMatchObject({ created: 0, updated: 0, removed: 0, unchanged: file.read })
    expect(await fingerprint()).toEqual(before)
  })

  test('one changed record gets a newer stamp, all others keep theirs', async () => {
    const [before] = await rows(`select max(date_last_modified) as stamp from users`)
    const roster = smallRoster()
    roster['users.csv']![1]!['givenName'] = 'Another'
    const job = await hub.run(await packageOf(roster))
    expect(counts(job, 'users.csv')).toMatchObject({ created: 0, updated: 1, unchanged: 2 })
    const newer = await rows(
      `select sourced_id, replace(document, e'\\x01', '')::jsonb->>'givenName' as name from users where date_last_modified > '${before.stamp.toISOString()}'`,
    )
    expect(newer).toEqual([{ sourced_id: 's1', name: 'Another' }])
  })

  test('a user changes when its roles do', async () => {
    const [before] = await rows(`select date_last_modified as stamp from users where sourced_id = 's1'`)
    const roster = smallRoster()
    roster['roles.csv']![1]!['beginDate'] = '2026-04-01'
    const job = await hub.run(await packageOf(roster))
    expect(counts(job, 'users.csv')).toMatchObject({ updated: 1, unchanged: 2 })
    const [after] = await rows(
      `select date_last_modified as stamp, replace(document, e'\\x01', '')::jsonb#>>'{roles,0,beginDate}' as day from users where sourced_id = 's1'`,
    )
    expect(after.day).toBe('2026-04-01')
    expect(after.stamp.getTime()).toBeGreaterThan(before.stamp.getTime())
  })

  test('bulk marks what is missing tobedeleted and a later bulk brings it back', async () => {
    const roster = smallRoster()
    for (const file of ['users.csv', 'roles.csv', 'enrollments.csv']) roster[file]!.pop()
    const job = await hub.run(await packageOf(roster))
    expect(counts(job, 'users.csv')).toMatchObject({ read: 2, removed: 1, unchanged: 2 })
    expect(
      await rows(
        `select status, replace(document, e'\\x01', '')::jsonb->>'status' as shown from users where sourced_id = 's2'`,
      ),
    ).toEqual([{ status: 'tobedeleted', shown: 'tobedeleted' }])
    await hub.run(await packageOf(smallRoster()))
    expect(await rows(`select sourced_id from users where status = 'active' order by 1`)).toHaveLength(3)
  })

  test('an absent file changes nothing of its kind; references reach what is stored', async () => {
    const { 'users.csv': users, 'roles.csv': roles } = smallRoster()
    users![0]!['phone'] = '03'
    const job = await hub.run(await packageOf({ 'users.csv': users!, 'roles.csv': roles! }))
    expect(job.state).toBe('COMPLETED')
    expect(await rows(`select count(*)::int as n from enrollments where status = 'active'`)).toEqual([{ n: 3 }])
  })

  test('bulk removes only among what the same source sent', async () => {
    const other = { sourcedId: 's9', enabledUser: 'true', username: 'x', givenName: 'a', familyName: 'b' }
    const role = { sourcedId: 'r9', userSourcedId: 's9', roleType: 'primary', role: 'student', orgSourcedId: 'school' }
    const bytes = await packageOf({ 'users.csv': [other], 'roles.csv': [role] })
    const job = await hub.run(bytes, { source: 'other-board' })
    expect(job).toMatchObject({ state: 'COMPLETED' })
    // Its orgs are those that another source has stored: fine, but a bulk package should bring them.
    expect(job.issueCounts.map(({ code, file }) => [code, file])).toEqual([['manifest.fileExpected', 'orgs.csv']])
    expect(counts(job, 'users.csv')).toMatchObject({ created: 1, removed: 0 })
    expect(await rows(`select count(*)::int as n from users where status = 'active'`)).toEqual([{ n: 4 }])
    await hub.run(await packageOf(smallRoster()))
    expect(await rows(`select count(*)::int as n from users where status = 'active'`)).toEqual([{ n: 4 }])
  })

  test('delta applies the status of each row and leaves the rest alone', async () => {
    const [s1, s2] = smallRoster()['users.csv']!.slice(1)
    const newcomer = { ...s1!, sourcedId: 's3', username: 's3', primaryOrgSourcedId: '' }
    const job = await hub.run(
      await packageOf(
        { 'users.csv': [changed({ ...s1!, email: 'a@example.jp' }), changed(s2!, 'tobedeleted'), changed(newcomer)] },
        { modes: { 'users.csv': 'delta' } },
      ),
    )
    expect(job).toMatchObject({ state: 'COMPLETED' })
    // The role and the enrollment of s2 stay and still name it: that is told, and no more.
    expect(job.issues.items.map(({ code, severity, line }) => [code, severity, line])).toEqual([
      ['reference.stillUsed', 'warning', 3],
      ['reference.stillUsed', 'warning', 3],
    ])
    expect(counts(job, 'users.csv')).toMatchObject({
      mode: 'delta',
      read: 3,
      created: 1,
      updated: 1,
      removed: 1,
      unchanged: 0,
    })
    expect(await rows(`select sourced_id, status, email from users order by 1`)).toEqual([
      { sourced_id: 's1', status: 'active', email: 'a@example.jp' },
      { sourced_id: 's2', status: 'tobedeleted', email: null },
      { sourced_id: 's3', status: 'active', email: null },
      { sourced_id: 't1', status: 'active', email: null },
    ])
  })

  test('a delta row without status or time is an error; so is a reference to what the delta removes', async () => {
    const [, s1, s2] = smallRoster()['users.csv']!
    const noStatus = await hub.run(await packageOf({ 'users.csv': [s1!] }, { modes: { 'users.csv': 'delta' } }))
    expect(noStatus.issues.items.map(({ code, column }) => [code, column])).toEqual([
      ['row.requiredInDelta', 'status'],
      ['row.requiredInDelta', 'dateLastModified'],
    ])
    const rows = [changed(s2!, 'tobedeleted'), changed({ ...s1!, agentSourcedIds: 's2' })]
    const removed = await hub.run(await packageOf({ 'users.csv': rows }, { modes: { 'users.csv': 'delta' } }))
    const errors = removed.issues.items.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ code, line }) => [code, line])).toEqual([['reference.notFound', 3]])
  })

  test('a single CSV is an import of one entity, in the mode that was asked for', async () => {
    const [, s1] = smallRoster()['users.csv']!
    const bytes = Buffer.from(csvOf('users.csv', [changed({ ...s1!, phone: '1' })]))
    const job = await hub.run(bytes, { mode: 'delta' }, 'users.csv')
    expect(job.files).toMatchObject([{ file: 'users.csv', mode: 'delta', read: 1, updated: 1 }])
  })

  test('a bulk that would remove too much is held, with the numbers, until somebody confirms or cancels', async () => {
    const roster = smallRoster()
    roster['users.csv']!.splice(1)
    roster['roles.csv']!.splice(1)
    roster['enrollments.csv']!.splice(1)
    delete roster['demographics.csv']
    const before = await fingerprint()
    const told = ({ issues }: ImportedJob) => issues.items.filter(({ code }) => code === 'package.removalLimit')
    const dry = await hub.run(await packageOf(roster), { dryRun: true })
    expect(dry.state).toBe('COMPLETED')
    const held = await hub.run(await packageOf(roster))
    expect(held.state).toBe('HELD')
    expect(told(held)).toMatchObject(['users.csv', 'roles.csv', 'enrollments.csv'].map((file) => ({ file })))
    expect(told(held)[0]!.message).toContain('removes 2 of 3 stored records, more than 50 percent')
    // A dry run is not held, and says what the real one will be.
    expect(told(dry)).toEqual(told(held))
    expect(counts(held, 'users.csv')).toMatchObject({ read: 1, removed: 2 })
    expect(await fingerprint()).toEqual(before)
    expect(await hub.mutate('cancelImport', held.id)).toMatchObject({ state: 'CANCELLED' })
    await expect(hub.mutate('confirmImport', held.id)).rejects.toThrow('HELD')

    const again = await hub.run(await packageOf(roster))
    await hub.mutate('confirmImport', again.id)
    const done = await hub.ended(again.id, ['COMPLETED', 'REJECTED', 'FAILED'])
    expect(done.state).toBe('COMPLETED')
    expect(told(done)).toEqual([])
    expect(await rows(`select sourced_id from users where status = 'active'`)).toEqual([{ sourced_id: 't1' }])
  })

  test('a dry run tells the exact counts and changes nothing', async () => {
    const roster = smallRoster()
    roster['users.csv']![0]!['phone'] = '03'
    roster['users.csv']!.push({ ...roster['users.csv']![0]!, sourcedId: 's3', username: 's3' })
    roster['roles.csv']![1]!['role'] = 'aide'
    roster['enrollments.csv']!.pop()
    const before = await fingerprint()
    const dry = await hub.run(await packageOf(roster), { dryRun: true })
    expect(dry.state).toBe('COMPLETED')
    expect(await fingerprint()).toEqual(before)
    const real = await hub.run(await packageOf(roster))
    expect(dry.files).toEqual(real.files)
    expect(counts(real, 'users.csv')).toMatchObject({ created: 1, updated: 2, unchanged: 1 })
    expect(counts(real, 'enrollments.csv')).toMatchObject({ removed: 1 })
  })

  test('SKIP leaves out bad rows and what refers to them, and removes nothing because of them', async () => {
    const roster = smallRoster()
    roster['users.csv']![1]!['enabledUser'] = 'maybe'
    const s3 = { ...roster['users.csv']![0]!, sourcedId: 's3', username: 's3', givenName: '' }
    roster['users.csv']!.push(s3)
    roster['enrollments.csv']!.push({ ...roster['enrollments.csv']![1]!, sourcedId: 'e3', userSourcedId: 's3' })
    roster['orgs.csv']!.push({ sourcedId: 'annex', name: 'Annex', type: 'school', parentSourcedId: 'gone' })
    roster['courses.csv']!.push({ sourcedId: 'c2', title: 'Art', orgSourcedId: 'annex' })
    const job = await hub.run(await packageOf(roster), { onError: 'SKIP' })
    expect(job.state).toBe('COMPLETED')
    expect(job.issues.items.map(({ code, file, line }) => [code, file, line])).toEqual([
      ['row.required', 'users.csv', 5],
      ['row.boolean', 'users.csv', 3],
      ['reference.notFound', 'orgs.csv', 4],
      ['reference.leftOut', 'courses.csv', 3],
      ['reference.leftOut', 'enrollments.csv', 5],
    ])
    expect(counts(job, 'users.csv')).toMatchObject({ read: 4, rejected: 2, unchanged: 2, removed: 0 })
    expect(await rows(`select sourced_id from users where status = 'active' order by 1`)).toHaveLength(3)
    expect(await rows(`select sourced_id from courses`)).toEqual([{ sourced_id: 'course' }])
  })

  test('SKIP removes nothing from a file in which a sourcedId cannot be read', async () => {
    const roster = smallRoster()
    roster['enrollments.csv']![1]!['sourcedId'] = 'enrollment s1'
    const job = await hub.run(await packageOf(roster), { onError: 'SKIP' })
    expect(counts(job, 'enrollments.csv')).toMatchObject({ rejected: 1, removed: 0, unchanged: 2 })
    expect(await rows(`select sourced_id from enrollments where status = 'active'`)).toHaveLength(3)
  })

  test('nor is then anything said of what it lacks: what refers to it is taken', async () => {
    const roster = smallRoster()
    roster['users.csv']![1]!['sourcedId'] = 's 1'
    roster['users.csv'] = roster['users.csv']!.slice(0, 2)
    const job = await hub.run(await packageOf(roster), { onError: 'SKIP' })
    expect(job.issues.items.map(({ code, file, line }) => [code, file, line])).toEqual([['row.guid', 'users.csv', 3]])
    for (const file of ['roles.csv', 'enrollments.csv', 'demographics.csv'])
      expect(counts(job, file)).toMatchObject({ rejected: 0, removed: 0 })
    expect(await rows(`select sourced_id from users where status = 'active'`)).toHaveLength(3)
    // While the package is refused for it, what it lacks is told all the same: s2 is in none of its rows.
    const refused = await hub.run(await packageOf(roster))
    expect(refused.issues.items.map(({ code, file }) => `${code} ${file}`)).toContain('reference.notFound roles.csv')
  })

  test('and who still refers to a record that goes is told, of such a file too', async () => {
    const classes = smallRoster()['classes.csv']!.map((row) => ({ ...row, sourcedId: 'a class' }))
    const courses = smallRoster()['courses.csv']!.map((row) => changed(row, 'tobedeleted'))
    const bytes = await packageOf(
      { 'courses.csv': courses, 'classes.csv': classes },
      { modes: { 'courses.csv': 'delta' } },
    )
    const job = await hub.run(bytes, { onError: 'SKIP', dryRun: true })
    expect(job.issues.items.map(({ code, file, line }) => [code, file, line])).toContainEqual([
      'reference.stillUsed',
      'courses.csv',
      2,
    ])
  })

  test('extension columns are kept as they came', async () => {
    const roster = smallRoster()
    Object.assign(roster['users.csv']![0]!, { 'metadata.note': 'tab\there, "quoted" \\ 外字' })
    const extensions = { 'users.csv': ['metadata.note', 'metadata.empty'] }
    await hub.run(await packageOf(roster, { extensions }))
    expect(await rows(`select metadata from users order by sourced_id desc limit 2`)).toEqual([
      { metadata: { note: 'tab\there, "quoted" \\ 外字' } },
      { metadata: null },
    ])
  })
})
