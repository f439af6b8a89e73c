import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueMessage } from '../../oneroster/issueCodes'
import { projectRoot } from '../../platform/projectRoot'
import { changed, smallRoster } from './smallRoster'
import { createImportHub, csvOf, packageOf, zipOf, type ImportHub } from './support'

/** What boards upload by mistake is refused with a sentence that says what it is; a single CSV is known by its header. */
describe('files that are no package of OneRoster', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
  })
  afterAll(() => hub?.close())
  async function refused(bytes: Buffer, fileName?: string, options = {}) {
    const job = await hub.run(bytes, options, fileName)
    expect(job.state).toBe('REJECTED')
    return job.issues.items.map(({ code, file, line }) => [code, file, line])
  }
  const sds = (name: string) => readFileSync(join(projectRoot, 'test/fixtures/packages/microsoft-sds', name))
  const users = () => csvOf('users.csv', smallRoster()['users.csv']!)
  /** 山田 in Shift_JIS, and a header of plain ASCII before it. */
  const shiftJis = Buffer.concat([
    Buffer.from(users()),
    Buffer.from('u9,,,true,x,,'),
    Buffer.from([0x8e, 0x52, 0x93, 0x63]),
    Buffer.from(',b,,,,,,,,,,,,,,\r\n'),
  ])

  test.each([
    ['SDS_Format_25_Users/Student.csv', 'Student.csv'],
    ['SDS_v2/users.csv', 'users.csv'],
    ['SDS_v2.1/enrollments.csv', 'enrollments.csv'],
    ['UK_Format_25_Users/Teacher.csv', 'staff.csv'],
  ])('one file of Microsoft School Data Sync: %s', async (path, name) => {
    expect(await refused(sds(path), name)).toEqual([['package.microsoftSds', null, null]])
  })

  test('Shift_JIS, as a package and as a single file of any name', async () => {
    const bytes = await packageOf({ ...smallRoster(), 'users.csv': shiftJis })
    expect(await refused(bytes)).toEqual([['row.shiftJis', 'users.csv', 5]])
    expect(await refused(shiftJis, 'users.csv')).toEqual([['row.shiftJis', 'users.csv', 5]])
    expect((await refused(shiftJis, '名簿.csv'))[0]![0]).toBe('row.shiftJis')
    expect(issueMessage('row.shiftJis', {}, 'english')).toMatch(/Shift_JIS/)
    expect(issueMessage('row.shiftJis', {}, 'japanese')).toMatch(/Shift_JIS.*UTF-8/)
  })

  test('a Shift_JIS character that is cut by the end of a chunk is known all the same', async () => {
    for (const padding of [65_535, 65_536, 65_537]) {
      const filler = `${'u'.repeat(200)}\r\n`
      const head = Buffer.from(users() + filler.repeat(400))
      const kanji = Buffer.from('8e5293638e5293638e5293638e529363', 'hex')
      const text = Buffer.concat([head.subarray(0, padding), kanji, Buffer.from('\r\n'), head])
      expect((await refused(text, 'users.csv')).map(([code]) => code)).toContain('row.shiftJis')
    }
  })

  test('UTF-16, and bytes that are neither', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(users(), 'utf16le')])
    expect(await refused(utf16, 'users.csv')).toEqual([['row.utf16', 'users.csv', 1]])
    const latin = Buffer.from(users().replace('Given s1', 'Ren\u00e9e'), 'latin1')
    expect((await refused(latin, 'users.csv'))[0]![0]).toBe('row.encoding')
    const eucJp = Buffer.concat([Buffer.from(users()), Buffer.from('bbb3c5c42cc2c0cfba0a', 'hex')])
    expect((await refused(eucJp, 'users.csv'))[0]![0]).toBe('row.encoding')
  })

  test('an Excel workbook', async () => {
    const workbook = await zipOf({ '[Content_Types].xml': '<Types/>', 'xl/workbook.xml': '<workbook/>' })
    expect(await refused(workbook, 'roster.xlsx')).toEqual([['package.excel', null, null]])
  })

  test('a CSV with the header of nothing we know, and a text', async () => {
    expect(await refused(Buffer.from('氏名,学年\r\n山田,1\r\n'), '名簿.csv')).toEqual([['package.notZip', null, null]])
    expect(await refused(Buffer.from('hello'), 'a.txt')).toEqual([['package.notZip', null, null]])
  })

  test('while a single CSV of any name is taken for what its header says', async () => {
    const roster = smallRoster()
    expect((await hub.run(await packageOf(roster))).state).toBe('COMPLETED')
    for (const [file, rows] of Object.entries(roster)) {
      const bytes = Buffer.from(csvOf(file, [changed(rows[0]!)]))
      const job = await hub.run(bytes, { mode: 'delta' }, '出力.csv')
      expect(job).toMatchObject({ state: 'COMPLETED', files: [{ file, mode: 'delta', read: 1, unchanged: 1 }] })
    }
    const older =
      'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password'
    const row = 'o1,active,2026-05-01T00:00:00.000Z,true,school,student,o1,,Given,Name,,,,,,,,'
    const job = await hub.run(Buffer.from(`${older}\r\n${row}\r\n`), { mode: 'delta' }, 'kids.csv')
    expect(job).toMatchObject({ state: 'COMPLETED', profile: 'ONEROSTER_1_1' })
    expect(job.files).toMatchObject([
      { file: 'users.csv', created: 1 },
      { file: 'users.csv', created: 1 },
    ])
  })

  test('a file mixed of bulk and delta is each taken in its own way', async () => {
    const roster = smallRoster()
    await hub.run(await packageOf(roster))
    roster['users.csv'] = [changed({ ...roster['users.csv']![0]!, phone: '03' })]
    roster['enrollments.csv']!.pop()
    const { 'users.csv': users, 'enrollments.csv': enrollments } = roster
    const bytes = await packageOf(
      { 'users.csv': users!, 'enrollments.csv': enrollments! },
      { modes: { 'users.csv': 'delta' } },
    )
    const job = await hub.run(bytes)
    expect(job.files.map(({ file, mode, updated, removed }) => [file, mode, updated, removed]).sort()).toEqual([
      ['enrollments.csv', 'bulk', 0, 1],
      ['users.csv', 'delta', 1, 0],
    ])
    const { rows } = await hub.owner.query(`select count(*)::int as n from users where status = 'active'`)
    expect(rows).toEqual([{ n: 3 }])
  })
})
