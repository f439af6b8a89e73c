import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateSample } from '../../sample/generateSample'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { rowsOf, runExport, textsOf } from './support'

/** What may stand in a cell and still has to come out as it is. */
const oddTexts = [
  'a,b',
  'say "yes"',
  '"',
  '""',
  ',',
  '\\N',
  '\\.',
  'C:\\temp',
  "it's $$ {x} %s",
  ' with blanks ',
  'tab\there',
  'null',
  '=1+1',
  '絵文字👨‍👩‍👧‍👦🎌',
  '髙﨑 𠮷野家',
  'é̀ e\u0301',
  '\u2028line separator',
  'x'.repeat(3000),
]

describe('values', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
  })
  afterAll(() => hub?.close())

  async function imported(): Promise<Record<string, string>[]> {
    const files = smallRoster()
    const users = oddTexts.map((text, index) => ({
      ...{ sourcedId: `odd-${index}`, enabledUser: 'true', givenName: text, familyName: 'Name', grades: 'a,b' },
      // What records are found by has a limit.
      ...{ username: text.slice(0, 800), identifier: text.slice(0, 800) },
      ...{ 'metadata.note, "odd"': text, 'metadata.jp.own': text },
    }))
    files['users.csv']!.push(...users)
    const extensions = { 'users.csv': ['metadata.note, "odd"', 'metadata.jp.own'] }
    expect(await hub.run(await packageOf(files, { extensions }), { profile: 'BASE_1_2_1' })).toMatchObject({
      state: 'COMPLETED',
    })
    return users
  }

  it('of every odd kind come out as they went in, extension columns too, and change nothing when they come again', async () => {
    const sent = await imported()
    const { path, bytes, job } = await runExport(hub, { profile: 'BASE_1_2_1' })
    expect(job.issues).toEqual([])
    const rows = new Map((await rowsOf(path, 'users.csv')).map((row) => [row['sourcedId'], row]))
    for (const user of sent) expect(rows.get(user.sourcedId)).toMatchObject(user)
    const again = await hub.run(bytes, { profile: 'BASE_1_2_1' })
    expect(again.state).toBe('COMPLETED')
    for (const { file, ...counts } of again.files) {
      expect({ file, ...counts }).toMatchObject({ created: 0, updated: 0, removed: 0, unchanged: counts.read })
    }
  })

  it('outside of JIS X 0213 are written and warned of in a Japanese package, once for each column with the first place', async () => {
    await imported()
    const { path, job } = await runExport(hub, { profile: 'JP_1_2_1', entities: ['users'] })
    const lines = (await textsOf(path))['users.csv']!.split('\r\n')
    const first = lines.findIndex((line) => /[👨髙́\u2028]/u.test(line)) + 1
    const warning = (column: string) => ({
      ...{ code: 'export.character', severity: 'warning', file: 'users.csv', column },
      ...{ line: first, count: 3 },
    })
    const columns = ['username', 'givenName', 'identifier', 'metadata.jp.own', 'metadata.note, "odd"']
    expect(job.issues).toHaveLength(columns.length)
    for (const column of columns) expect(job.issues).toContainEqual(warning(column))
  })

  it('that no cell may hold are made harmless and told: line breaks of metadata become spaces', async () => {
    await imported()
    await hub.owner
      .query(`update users set metadata = '{"text": "one\\ntwo\\r\\nthree", "list": [1, {"a": "b"}], "bad\\nkey": 1}'
      where sourced_id = 's1'`)
    const { path, job } = await runExport(hub, { profile: 'BASE_1_2_1' })
    const row = (await rowsOf(path, 'users.csv')).find(({ sourcedId }) => sourcedId === 's1')!
    expect([row['metadata.text'], row['metadata.list']]).toEqual(['one two  three', '[1, {"a": "b"}]'])
    expect(job.issues.map(({ code, count }) => [code, count]).sort()).toEqual([
      ['export.columnLeftOut', 1],
      ['export.lineBreak', 3],
    ])
    expect((await textsOf(path))['users.csv']!.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })

  it('of another Japanese generation are left out where readers would refuse the column, and told', async () => {
    const sent = join(hub.config.storageDir, 'sample.zip')
    await generateSample({ students: 5, schools: 1, profile: 'jp-k12-1.0', out: sent })
    expect(await hub.run(await readFile(sent), { source: 'sample' })).toMatchObject({ state: 'COMPLETED' })
    await hub.owner.query(`update users set metadata = metadata || '{"jp.kanaPreferredGivenName": "ハナコ"}'
      where metadata ? 'jp.kanaGivenName'`)
    const newer = await runExport(hub, { profile: 'JP_K12_1_0' })
    expect((await textsOf(newer.path))['users.csv']).toContain('"ハナコ"')
    expect((await textsOf(newer.path))['enrollments.csv']).toContain('"metadata.jp.shussekiNo","metadata.jp.publicFlg"')
    const older = await runExport(hub, { profile: 'JP_2ND_EDITION' })
    expect((await textsOf(older.path))['users.csv']).not.toMatch(/kanaPreferred|ハナコ/)
    expect((await textsOf(older.path))['enrollments.csv']).toContain('"metadata.jp.ShussekiNo","metadata.jp.PublicFlg"')
    expect(older.job.issues.map(({ code }) => code)).toContain('export.columnLeftOut')
  })

  it('of a bulk package name nothing that is not in it: what refers to a removed record goes or is emptied', async () => {
    await imported()
    await hub.owner.query(`update users set agent_sourced_ids = '{t1,odd-0}' where sourced_id = 's1'`)
    await hub.owner.query(`update users set status = 'tobedeleted' where sourced_id = 'odd-0'`)
    await hub.owner.query(`update users set status = 'tobedeleted' where sourced_id = 's2'`)
    const { path } = await runExport(hub, { profile: 'BASE_1_2_1' })
    expect((await rowsOf(path, 'users.csv')).find(({ sourcedId }) => sourcedId === 's1')!['agentSourcedIds']).toBe('t1')
    for (const file of ['roles.csv', 'enrollments.csv']) {
      expect((await rowsOf(path, file)).map((row) => row['userSourcedId'])).not.toContain('s2')
    }
    const receiver = await createImportHub({}, { worker: true })
    const { bytes } = await runExport(hub, { profile: 'BASE_1_2_1', schools: ['school'] })
    expect(
      (await receiver.run(bytes, { profile: 'BASE_1_2_1' })).issues.items.filter(
        ({ severity }) => severity === 'error',
      ),
    ).toEqual([])
    await receiver.close()
  })
})
