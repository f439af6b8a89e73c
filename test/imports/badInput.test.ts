import { rosterFingerprint, smallRoster } from './smallRoster'
import { createImportHub, csvOf, packageOf, zipOf, type ImportHub, type ImportedJob } from './support'

/** Every kind of bad package ends REJECTED, with a code that names the fault, and leaves the roster untouched. */
describe('bad packages', () => {
  let hub: ImportHub
  let before: unknown[]
  const roster = async () => (await hub.owner.query(rosterFingerprint)).rows
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED', issues: { total: 0 } })
    before = await roster()
    expect(before.length).toBe(15)
  })
  afterAll(() => hub?.close())

  const codes = (job: ImportedJob) => job.issues.items.map(({ code, file, line }) => [code, file, line])
  async function refused(bytes: Buffer, fileName?: string) {
    const job = await hub.run(bytes, undefined, fileName)
    expect(job.state).toBe('REJECTED')
    expect(await roster()).toEqual(before)
    const staging = await hub.owner.query(`select tablename from pg_tables where schemaname = 'staging'`)
    expect(staging.rows).toEqual([])
    return codes(job)
  }
  const withFile = (file: string, content: string | Buffer) => packageOf({ ...smallRoster(), [file]: content })
  const users = () => csvOf('users.csv', smallRoster()['users.csv']!)

  describe('the archive', () => {
    test('not a ZIP', async () => {
      expect(await refused(Buffer.from('hello'))).toEqual([['package.notZip', null, null]])
      expect(await refused(Buffer.alloc(0))).toEqual([['package.notZip', null, null]])
    })
    test('a ZIP cut short', async () => {
      const whole = await packageOf(smallRoster())
      expect(await refused(whole.subarray(0, whole.length - 100))).toEqual([['package.damaged', null, null]])
    })
    test('a ZIP whose bytes were changed on the way', async () => {
      const bytes = Buffer.from(await zipOf({ 'manifest.csv': 'propertyName,value\r\n'.padEnd(4000, 'x') }))
      bytes[45] = bytes[45]! ^ 0xff
      expect(await refused(bytes)).toEqual([['package.damaged', 'manifest.csv', null]])
    })
    test('an encrypted ZIP', async () => {
      const bytes = Buffer.from(await packageOf(smallRoster()))
      const directory = bytes.indexOf(Buffer.from('PK\x01\x02'))
      bytes.writeUInt16LE(bytes.readUInt16LE(directory + 8) | 1, directory + 8)
      expect(await refused(bytes)).toContainEqual(['package.encrypted', null, null])
    })
    test('an absurdly inflating ZIP is refused before it is inflated', async () => {
      const bomb = await withFile('users.csv', Buffer.alloc(64 * 1024 ** 2, 'a'))
      expect(bomb.length).toBeLessThan(1024 ** 2)
      expect(await refused(bomb)).toEqual([['package.ratio', null, null]])
    })
    test('a ZIP that inflates to more than it says', async () => {
      const bytes = Buffer.from(await zipOf({ 'manifest.csv': 'a'.repeat(100_000) }))
      const directory = bytes.indexOf(Buffer.from('PK\x01\x02'))
      bytes.writeUInt32LE(10, directory + 24)
      expect(await refused(bytes)).toEqual([['package.damaged', 'manifest.csv', null]])
    })
    test('a folder or a path in an entry name', async () => {
      expect(await refused(await zipOf({ 'roster/manifest.csv': 'propertyName,value\r\n' }))).toEqual([
        ['package.entryName', null, null],
      ])
      const bytes = Buffer.from(
        (await zipOf({ 'xx/manifest.csv': 'a' })).toString('latin1').replaceAll('xx/', '../'),
        'latin1',
      )
      expect(await refused(bytes)).toEqual([['package.entryName', null, null]])
    })
    test('many files in a folder are one thing to mend', async () => {
      const folder = Object.fromEntries(
        Object.entries(smallRoster()).map(([file, rows]) => [`RO/${file}`, csvOf(file, rows)]),
      )
      const job = await hub.run(await zipOf({ 'RO/.DS_Store': '', 'RO/._users.csv': '', ...folder }))
      expect(codes(job)).toEqual([
        ['package.entryName', null, null],
        ['package.ignoredEntry', null, null],
      ])
      expect(job.issueCounts.map(({ count }) => count)).toEqual([8, 2])
    })
    test('a file of another name, and one in wrong case', async () => {
      expect(await refused(await packageOf({ ...smallRoster(), 'notes.csv': 'a\r\n' }))).toEqual([
        ['package.unknownFile', null, null],
      ])
      const { 'users.csv': _users, ...others } = smallRoster()
      expect(await refused(await packageOf({ ...others, 'Users.csv': users() }))).toEqual([
        ['package.unknownFile', 'users.csv', null],
      ])
    })
    test('too many entries', async () => {
      const entries = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`${index}.csv`, 'a']))
      expect(await refused(await zipOf(entries))).toEqual([['package.tooManyEntries', null, null]])
    })
  })

  describe('the manifest', () => {
    test('missing', async () => {
      expect(await refused(await zipOf({ 'users.csv': users() }))).toEqual([['manifest.missing', null, null]])
    })
    test('a listed file is missing', async () => {
      const bytes = await packageOf(smallRoster(), { modes: { 'userProfiles.csv': 'bulk' } })
      expect(await refused(bytes)).toEqual([['manifest.fileMissing', 'userProfiles.csv', null]])
    })
    test('a file is there that it calls absent', async () => {
      const bytes = await packageOf(smallRoster(), { modes: { 'users.csv': 'absent' } })
      expect(await refused(bytes)).toEqual([['manifest.fileUnlisted', 'users.csv', null]])
    })
    test('properties that are missing, unknown, of another version or of no mode', async () => {
      const manifest = {
        'file.orgs': undefined,
        'file.users': 'full',
        'oneroster.version': '2.0',
        'file.homework': 'absent',
      }
      expect((await refused(await packageOf(smallRoster(), { manifest }))).map(([code]) => code).sort()).toEqual([
        'manifest.unknownProperty',
        'manifest.value',
      ])
      const { 'oneroster.version': _version, 'file.homework': _unknown, ...others } = manifest
      expect(
        (await refused(await packageOf(smallRoster(), { manifest: others }))).map(([code]) => code).sort(),
      ).toEqual(['manifest.property', 'manifest.value'])
    })
  })

  describe('headers', () => {
    const replaced = (from: string, to: string) => withFile('users.csv', users().replace(from, to))
    test('columns in another order', async () => {
      expect(await refused(await replaced('givenName,familyName', 'familyName,givenName'))).toEqual([
        ['header.order', 'users.csv', 1],
      ])
    })
    test('wrong case, a missing column, an unknown one, a repeated one', async () => {
      expect(await refused(await replaced('givenName', 'GivenName'))).toEqual([['header.case', 'users.csv', 1]])
      expect((await refused(await replaced(',pronouns', '')))[0]).toEqual(['header.column', 'users.csv', 1])
      expect(await refused(await replaced('pronouns', 'pronouns,nickname'))).toEqual([
        ['header.unknownColumn', 'users.csv', 1],
      ])
      expect(await refused(await replaced('pronouns', 'pronouns,metadata.a,metadata.a'))).toEqual([
        ['header.duplicateColumn', 'users.csv', 1],
      ])
    })
    test('an empty file, and a file of no row', async () => {
      expect(await refused(await withFile('users.csv', ''))).toEqual([['header.missing', 'users.csv', 1]])
      expect(await refused(await withFile('users.csv', `${users().split('\r\n')[0]}\r\n`))).toEqual([
        ['row.none', 'users.csv', 1],
      ])
    })
  })

  describe('bytes and rows', () => {
    test('Shift_JIS', async () => {
      const bytes = Buffer.concat([
        Buffer.from(users()),
        Buffer.from('"u9",,,"true","x",,"'),
        Buffer.from([0x8e, 0x52, 0x93, 0x63]),
      ])
      expect(await refused(await withFile('users.csv', bytes))).toEqual([['row.shiftJis', 'users.csv', 5]])
    })
    test('a quotation mark that is never closed, in a big file, within seconds', async () => {
      const started = Date.now()
      const rows = '"u9",,,"true","x","","a","b","","","","","","","","","","","","",""\r\n'.repeat(200_000)
      const bytes = await withFile('users.csv', users() + rows.replace('"b"', '"b'))
      expect(await refused(bytes)).toEqual([['row.quote', 'users.csv', 5]])
      expect(Date.now() - started).toBeLessThan(60_000)
    })
    test('a record without end', async () => {
      const bytes = await withFile('users.csv', `${users()}"${'あいうえお\n'.repeat(100_000)}`)
      expect(await refused(bytes)).toEqual([['row.tooLong', 'users.csv', 5]])
    })
    test('rows with too few and too many cells, a NUL, a line break in a cell: each with its line', async () => {
      const bad =
        users() + '"u8","a"\r\n' + `"u9"${','.repeat(40)}\r\n` + '"u\0",,,"true","x",,"a","b",,,,,,,,,,,,,,\r\n'
      const [first, ...rest] = await refused(
        await withFile('users.csv', `${bad}"u7",,,"true","x",,"a\nb","c",,,,,,,,,,,,,,\r\n"u6"\r\n`),
      )
      // What is there most often comes first.
      expect([first, ...rest]).toEqual([
        ['row.columnCount', 'users.csv', 5],
        ['row.columnCount', 'users.csv', 6],
        ['row.columnCount', 'users.csv', 10],
        ['row.lineBreak', 'users.csv', 8],
        ['row.controlCharacter', 'users.csv', 7],
      ])
    })
    test('bad values name line and column, and nobody', async () => {
      const roster = smallRoster()
      Object.assign(roster['users.csv']![1]!, { enabledUser: 'Hanako', givenName: '' })
      const job = await hub.run(await packageOf(roster))
      expect(job.issues.items.map(({ code, line, column }) => [code, line, column])).toEqual([
        ['row.required', 3, 'givenName'],
        ['row.boolean', 3, 'enabledUser'],
      ])
      expect(JSON.stringify(job)).not.toContain('Hanako')
      expect(await roster_()).toEqual(before)
      const users = job.files.find(({ file }) => file === 'users.csv')
      expect(users).toMatchObject({ read: 3, rejected: 1 })
    })
    const roster_ = roster
    test('dates, vocabularies, references of a wrong kind, bulk rows with a status', async () => {
      const roster = smallRoster()
      roster['orgs.csv']![0]!['type'] = 'planet'
      roster['academicSessions.csv']![0]!['startDate'] = '2026-02-30'
      roster['enrollments.csv']![0]!['status'] = 'active'
      roster['classes.csv']![0]!['termSourcedIds'] = 'ye ar'
      expect(await refused(await packageOf(roster))).toEqual([
        ['row.token', 'orgs.csv', 2],
        ['row.date', 'academicSessions.csv', 2],
        ['row.guid', 'classes.csv', 2],
        ['row.notInBulk', 'enrollments.csv', 2],
      ])
    })
  })

  describe('references', () => {
    test.each([
      ['classes.csv', 'courseSourcedId', 'nowhere', 'reference.notFound'],
      ['classes.csv', 'termSourcedIds', 'year,nowhere', 'reference.notFound'],
      ['classes.csv', 'schoolSourcedId', 'district', 'reference.notSchool'],
      ['enrollments.csv', 'userSourcedId', 'nobody', 'reference.notFound'],
      ['enrollments.csv', 'schoolSourcedId', 'district', 'reference.notSchool'],
      ['orgs.csv', 'parentSourcedId', 'nowhere', 'reference.notFound'],
      ['users.csv', 'agentSourcedIds', 's2,nobody', 'reference.notFound'],
      ['roles.csv', 'userProfileSourcedId', 'none', 'reference.notFound'],
      ['demographics.csv', 'sourcedId', 'nobody', 'reference.notFound'],
    ])('%s %s = %s', async (file, column, value, code) => {
      const roster = smallRoster()
      roster[file]![0]![column] = value
      expect(await refused(await packageOf(roster))).toEqual([[code, file, 2]])
    })
    test('a sourcedId that stands there twice', async () => {
      const roster = smallRoster()
      roster['users.csv']!.push(roster['users.csv']![0]!)
      expect(await refused(await packageOf(roster))).toEqual([['row.duplicate', 'users.csv', 5]])
    })
    test('a second primary role in the same organisation', async () => {
      const roster = smallRoster()
      roster['roles.csv']!.push({ ...roster['roles.csv']![0]!, sourcedId: 'second' })
      expect(await refused(await packageOf(roster))).toEqual([['reference.primaryRoleTwice', 'roles.csv', 5]])
    })
    test('a record of another source', async () => {
      const job = await hub.run(await packageOf(smallRoster()), { source: 'another' })
      expect(job.state).toBe('REJECTED')
      expect(new Set(job.issues.items.map(({ code }) => code))).toEqual(new Set(['row.otherSource']))
      expect(await roster()).toEqual(before)
    })
  })

  test('counting goes on after the first error, keeping is bounded', async () => {
    const roster = smallRoster()
    const row = roster['enrollments.csv']![0]!
    roster['enrollments.csv'] = Array.from({ length: 300 }, (_, index) => ({
      ...row,
      sourcedId: `e${index}`,
      role: 'pilot',
    }))
    const job = await hub.run(await packageOf(roster))
    expect(job.issueCounts).toEqual([{ code: 'row.token', severity: 'error', file: 'enrollments.csv', count: 300 }])
    expect(job.issues.total).toBe(100)
  })

  test('a warning alone does not stop an import: BOM, files of the operating system, files RosterHub does not hold', async () => {
    const header =
      'sourcedId,status,dateLastModified,vendorResourceId,title,roles,importance,vendorId,applicationId\r\n'
    const bytes = await packageOf({
      ...smallRoster(),
      'users.csv': `\ufeff${users()}`,
      'resources.csv': `${header}r1,,,v1,,,,,\r\n`,
      '__MACOSX/._users.csv': 'x',
    })
    const job = await hub.run(bytes)
    expect(job.state).toBe('COMPLETED')
    expect(codes(job)).toEqual([
      ['package.ignoredEntry', null, null],
      ['manifest.notHeld', 'resources.csv', null],
      ['header.bom', 'users.csv', null],
    ])
    expect(await roster()).toEqual(before)
  })
})
