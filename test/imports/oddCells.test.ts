import { packageFor, type Row } from './corpus/corpusCase'
import { headerOf } from './corpus/facts'
import { id, rosterFor } from './corpus/rosters'
import { createImportHub, type ImportHub } from './support'

/** Texts that mean something to a database, a spreadsheet or a programming language, or look like what a cell should hold. */
const odd = [
  ...[
    '２０２６-04-01',
    '2026-x4-01',
    '2026-04-0x',
    '9999-12-31',
    '0001-01-01',
    '2026-04-01BC',
    'infinity',
    'now',
    'epoch',
  ],
  ...['1e5', 'NaN', 't', 'yes', '\\N', '\\', '\\.', "'", '{}', '{"a"}', '{,}', '"', 'a"b', 'a,b', ',', '[1]', '{a:\\}'],
  ...['{a:"b"}', '{a:b},{c:\\"}', `ext:${'x'.repeat(4000)}`, '\u{1F600}', '\uffff', '\u2028', '\u0085', '\u007f', '\t'],
  ...[
    ' ',
    '　',
    'NULL',
    '\\u0000',
    '%',
    '$1',
    '--',
    'x'.repeat(256),
    'あ'.repeat(3000),
    '１',
    '٣',
    '99999999999',
    'TRUE',
  ],
  ...[
    '2026-04-01T00:00:00.1234567890Z',
    '2026-04-01T23:59:60Z',
    '0000',
    '9999',
    '__proto__',
    'constructor',
    '../x',
    '=1+1',
  ],
]

describe('odd cells', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
  })
  afterAll(() => hub?.close())

  test.each([
    ['base-1.2.1', 'bulk'],
    ['base-1.2.1', 'delta'],
    ['jp-2nd-edition', 'bulk'],
    ['jp-2nd-edition', 'delta'],
  ] as const)('of every column cost at most their row, never the import: %s, %s', async (generation, mode) => {
    const files: Record<string, Row[]> = rosterFor(generation)
    const delta = { status: 'active', dateLastModified: '2026-05-01T00:00:00.000Z' }
    let count = 0
    for (const [file, rows] of Object.entries(files)) {
      const good = rows.at(-1)!
      for (const column of headerOf(generation, file))
        for (const value of odd) rows.push({ ...good, sourcedId: id(generation, `z${count++}`), [column]: value })
      if (mode === 'delta') files[file] = rows.map((row) => ({ ...delta, ...row }))
    }
    const modes = Object.fromEntries(Object.keys(files).map((file) => [file, mode]))
    const expected = { errors: [], warnings: [] }
    const bytes = await packageFor({ name: '', clause: '', generation, files, modes, expected })
    const job = await hub.run(bytes, { dryRun: true, onError: 'SKIP' })
    expect(job).toMatchObject({ state: 'COMPLETED', failure: null })
    expect(job.files.reduce((sum, { read }) => sum + read, 0)).toBeGreaterThan(count)
    for (const file of job.files) expect(file.rejected).toBeGreaterThan(0)
  })
})
