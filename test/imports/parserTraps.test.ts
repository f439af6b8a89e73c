import { Readable } from 'node:stream'
import type { Pool } from 'pg'
import { packageFiles } from '../../oneroster/csv'
import { directoryStorage } from '../../subgraphs/imports/storage'
import { workForTenant } from '../../subgraphs/imports/work'
import { smallRoster } from './smallRoster'
import { createImportHub, csvOf, packageOf, zipOf, type ImportHub } from './support'
import { openPool } from '../support/database'

/** What other CSV parsers fall over: each ends in bounded time and memory, with a code and a line, and never FAILED. */
const megabyte = 1024 ** 2

describe('traps of CSV parsers', () => {
  let hub: ImportHub
  let pool: Pool
  beforeAll(async () => {
    hub = await createImportHub()
    pool = openPool(hub.config.databaseWorkerUrl, 3)
  })
  afterAll(async () => {
    await pool.end()
    await hub.close()
  })

  async function imported(bytes: Buffer | Readable, fileName = 'roster.zip') {
    const id = await hub.upload(bytes, undefined, fileName)
    const shop = { pool, storage: directoryStorage(hub.config.storageDir), removalLimit: 1, at: async () => undefined }
    const limits = { timeLimitSeconds: 60, retrySeconds: 60, closing: new AbortController().signal }
    await workForTenant({ ...shop, ...limits }, hub.tenantId)
    const { rows } = await hub.owner.query<{ bytes_read: string }>(
      'select bytes_read from import_jobs where job_id = $1',
      [id],
    )
    const { state, issues } = await hub.job(id)
    return { state, read: Number(rows[0]!.bytes_read), found: issues.items.map(({ code, line }) => `${code} ${line}`) }
  }
  const users = csvOf('users.csv', smallRoster()['users.csv']!)
  const header = users.slice(0, users.indexOf('\r\n') + 2)
  const withUsers = (text: string) => packageOf({ ...smallRoster(), 'users.csv': text })
  const withHeader = (column: string) =>
    withUsers(users.replace('pronouns', `pronouns,${column}`).replaceAll('""\r\n', '"",""\r\n'))

  /** A file of 80 MB, made as it is read. */
  function big(row: (index: number) => string): Readable {
    return Readable.from(
      (function* () {
        yield header
        const block = 1_000
        for (let bytes = 0, index = 0; bytes < 80 * megabyte; index += block) {
          const text = Array.from({ length: block }, (_, offset) => row(index + offset)).join('')
          bytes += text.length
          yield text
        }
      })(),
      { objectMode: false },
    )
  }
  const bare = (index: number) => `u${index},,,true,name${index},,Given,Family,,,,,,,,,,,,,,\r\n`

  test('80 MB with a quotation mark that is never closed: refused after two megabytes, not read to the end', async () => {
    const job = await imported(
      big((index) => (index === 4 ? bare(index).replace('Given', '"Given') : bare(index))),
      'users.csv',
    )
    expect(job).toMatchObject({ state: 'REJECTED', found: ['row.tooLong 6'] })
    expect(job.read).toBeLessThan(3 * megabyte)
  })

  test('80 MB of quoted cells, one of them not closed: refused where it stands', async () => {
    const quoted = (index: number) => `"u${index}","","","true","n","","Given","Family"${',""'.repeat(14)}\r\n`
    const job = await imported(
      big((index) => (index === 4 ? quoted(index).replace('Given"', 'Given') : quoted(index))),
      'users.csv',
    )
    expect(job).toMatchObject({ state: 'REJECTED', found: ['row.quote 6'] })
    expect(job.read).toBeLessThan(megabyte)
  })

  test('a manifest with a quotation mark that is never closed is refused as early', async () => {
    const long = `propertyName,value\r\n"${'x,y\r\n'.repeat(megabyte)}`
    expect(await imported(await packageOf({ ...smallRoster(), 'manifest.csv': long }))).toMatchObject({
      state: 'REJECTED',
      found: ['row.tooLong 2'],
    })
  })

  test('rows with too many and too few cells are errors of their own, and what follows is read', async () => {
    const text = `${users}"u8","a"\r\n"u9"${',""'.repeat(40)}\r\n"u10","","","maybe"${',""'.repeat(18)}\r\n`
    const { state, found } = await imported(await withUsers(text))
    expect(state).toBe('REJECTED')
    expect(found).toEqual(expect.arrayContaining(['row.columnCount 5', 'row.columnCount 6', 'row.boolean 7']))
  })

  test('text after a closing quotation mark refuses the file and names the line', async () => {
    expect(await imported(await withUsers(`${users}"x"y\r\n`))).toMatchObject({
      state: 'REJECTED',
      found: ['row.quote 5'],
    })
  })

  test.each(['__proto__', 'constructor', 'toString'])('a column named %s is no column', async (name) => {
    expect(await imported(await withHeader(name))).toMatchObject({
      state: 'REJECTED',
      found: ['header.unknownColumn 1'],
    })
  })

  test('a header of 100,000 columns is told as any other, at once', async () => {
    const names = Array.from({ length: 100_000 }, (_value, n) => `c${n.toString(36)}`)
    const { state, found } = await imported(await withHeader(names.join()))
    expect([state, new Set(found)]).toEqual(['REJECTED', new Set(['header.unknownColumn 1'])])
  })

  test.each(['metadata.__proto__', 'metadata.constructor', 'metadata.日本 語', 'metadata.a"b'])(
    'an extension column named %s is kept under its own name',
    async (name) => {
      const quoted = /["]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name
      const text = users.replace('pronouns', `pronouns,${quoted}`).replaceAll('""\r\n', '"","kept"\r\n')
      expect(await imported(await withUsers(text))).toMatchObject({ state: 'COMPLETED', found: [] })
      const { rows } = await hub.owner.query(`select metadata from users where sourced_id = 's1'`)
      expect(Object.entries(rows[0].metadata)).toEqual([[name.slice('metadata.'.length), 'kept']])
    },
  )

  test('a column name with a NUL or a line break is refused, not stored', async () => {
    for (const name of ['metadata.a\0b', '"metadata.a\nb"'])
      expect(await imported(await withHeader(name))).toMatchObject({
        state: 'REJECTED',
        found: ['header.unknownColumn 1'],
      })
  })

  test('blank lines are no rows, and lines after them keep their number', async () => {
    const [first, ...rest] = users.split('\r\n')
    expect(await imported(await withUsers([first, '', ...rest, ''].join('\r\n')))).toMatchObject({
      state: 'COMPLETED',
      found: [],
    })
    const bad = [first, '', '', ...rest.map((row) => row.replace('"true"', '"perhaps"'))].join('\r\n')
    expect((await imported(await withUsers(bad))).found).toEqual(['row.boolean 4', 'row.boolean 5', 'row.boolean 6'])
  })

  test('blank lines before the header: the header is found, and every line keeps its number', async () => {
    const bad = `\r\n\n${users.replaceAll('"true"', '"perhaps"')}`
    expect((await imported(await withUsers(bad))).found).toEqual(['row.boolean 4', 'row.boolean 5', 'row.boolean 6'])
    expect((await imported(await withUsers(`\n\n${users.replace('pronouns', 'nickname')}`))).found).toEqual([
      'header.column 3',
      'header.unknownColumn 3',
    ])
    expect((await imported(Buffer.from(`\r\n${users}`), '名簿.csv')).state).toBe('COMPLETED')
    expect((await imported(await withUsers(`\n\n${header}\n`))).found).toEqual(['row.none 3'])
    expect((await imported(await withUsers('\r\n\r\n'))).found).toEqual(['header.missing 1'])
  })

  test('blank rows of the manifest are skipped, and lines after them keep their number', async () => {
    const manifest = (between: string, last: string) =>
      ['propertyName,value', between, 'manifest.version,1.0', 'oneroster.version,1.2', '', last, ''].join('\r\n') +
      [
        ...packageFiles.map((name) => `file.${name},${`${name}.csv` in smallRoster() ? 'bulk' : 'absent'}`),
        '',
        '',
      ].join('\r\n')
    const files = Object.fromEntries(Object.entries(smallRoster()).map(([name, rows]) => [name, csvOf(name, rows)]))
    const run = async (text: string) => imported(await zipOf({ 'manifest.csv': text, ...files }))
    expect(await run(manifest('', 'source.systemName,S'))).toMatchObject({ state: 'COMPLETED', found: [] })
    expect((await run(manifest('', 'homework,S'))).found).toEqual(['manifest.unknownProperty 6'])
    expect(
      (await run(manifest('', 'source.systemName,S').replace('manifest.version,1.0', 'manifest.version,2'))).found,
    ).toContain('manifest.value 3')
    expect((await run(manifest('source.systemName,"a\nb"', 'homework,S'))).found).toEqual([
      'manifest.unknownProperty 7',
    ])
  })

  test('NUL, line ends of every kind and characters beyond the basic plane: no cell ends an import as FAILED', async () => {
    for (const cell of ['a\0', '\\', '\\.', '\\N', '{"a":1}', '\t', '𠮷😀', '\u2028', "'; drop table users; --"]) {
      const text = users.replaceAll('"Name"', `"${cell.replaceAll('"', '""')}"`)
      const expected = cell.includes('\0') ? 'REJECTED' : 'COMPLETED'
      expect([cell, (await imported(await withUsers(text))).state]).toEqual([cell, expected])
    }
    expect((await imported(await withUsers(users.replaceAll('\r\n', '\n')))).state).toBe('COMPLETED')
  })
})
