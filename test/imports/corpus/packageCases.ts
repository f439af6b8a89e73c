import { refused, taken, textOf, type CorpusCase } from './corpusCase'
import { manifestFiles, otherHeader, rosterFileNames, type Generation } from './facts'
import { rosterFor } from './rosters'

const generation: Generation = 'base-1.2.1'
const made = (clause: string, name: string, rest: Partial<CorpusCase> & Pick<CorpusCase, 'expected'>): CorpusCase => ({
  ...{ name, clause, generation, files: rosterFor(generation, 'orgs.csv') },
  ...rest,
})
const notHeld = manifestFiles
  .map((file) => `${file}.csv`)
  .filter((file) => !rosterFileNames.some((one) => one === file))

/** Sections 1 and 4: the archive, and what its manifest says of it. */
export const packageCases = (): CorpusCase[] => [...archive(), ...properties(), ...presence(), ...manifestForm()]

function archive(): CorpusCase[] {
  const ignored = (name: string) =>
    made('1', `an entry ${name}`, { entries: { [name]: '' }, expected: taken('package.ignoredEntry') })
  return [
    made('1', 'nothing but a manifest', { files: {}, expected: taken(), recognisedAs: null }),
    ...['__MACOSX/._orgs.csv', '._orgs.csv', '.DS_Store', 'Thumbs.db'].map(ignored),
    made('1', 'a folder of its own', {
      // The ZIP writer refuses such a name.
      entries: { dataX: '' },
      bytes: (zip) => Buffer.from(zip.toString('latin1').replaceAll('dataX', 'data/'), 'latin1'),
      expected: taken('package.ignoredEntry'),
    }),
    ...['data/orgs.csv', 'data/notes.txt'].map((name) =>
      made('1', `an entry ${name}`, { entries: { [name]: 'x' }, expected: refused('package.entryName') }),
    ),
    ...['notes.csv', 'orgs.txt', 'orgs', 'orgs.csv.bak'].map((name) =>
      made('1', `an entry ${name}`, { entries: { [name]: 'x' }, expected: refused('package.unknownFile') }),
    ),
    made('1', 'an entry Users.csv', {
      entries: { 'Users.csv': 'x' },
      expected: refused('package.unknownFile users.csv'),
    }),
    made('1', 'a file twice', {
      entries: { 'orgz.csv': 'x' },
      bytes: (zip) => Buffer.from(zip.toString('latin1').replaceAll('orgz.csv', 'orgs.csv'), 'latin1'),
      expected: refused('package.duplicateEntry orgs.csv'),
      recognisedAs: null,
    }),
    made('1', 'not a ZIP', { bytes: () => Buffer.from('hello'), expected: refused('package.notZip') }),
    made('1', 'nothing at all', { bytes: () => Buffer.alloc(0), expected: refused('package.notZip') }),
    made('1', 'a workbook of Excel from before .xlsx', {
      ...{ bytes: () => Buffer.from(`d0cf11e0a1b11ae1${'00'.repeat(504)}`, 'hex'), fileName: '名簿.xls' },
      expected: refused('package.excel'),
    }),
    made('1', 'cut short', { bytes: (zip) => zip.subarray(0, -60), expected: refused('package.damaged') }),
    made('7', 'a single CSV', {
      ...{ bytes: () => Buffer.from(orgsText()), fileName: 'orgs.csv', expected: taken() },
    }),
    // docs/packages.md: known by its header.
    made('7', 'a single CSV of another name', {
      ...{ bytes: () => Buffer.from(orgsText()), fileName: 'schools.csv', expected: taken() },
    }),
    made('7', 'a CSV of another kind', {
      ...{ bytes: () => Buffer.from('name,address\r\na,b\r\n'), fileName: 'schools.csv' },
      expected: refused('package.notZip'),
    }),
  ]
}

const orgsText = () =>
  'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\no,,,Board,district,,\r\n'

/** All 23 properties are needed, each with one of its values; names are case-sensitive. */
function properties(): CorpusCase[] {
  const names = ['manifest.version', 'oneroster.version', ...manifestFiles.map((file) => `file.${file}`)]
  const wrong = (name: string, value: string) =>
    made('4', `manifest ${name} = ${value || '(empty)'}`, {
      ...{ manifest: { [name]: value }, expected: refused('manifest.value manifest.csv') },
    })
  return [
    ...names.map((name) =>
      made('4', `manifest without ${name}`, {
        ...{ manifest: { [name]: undefined }, expected: refused('manifest.property manifest.csv') },
      }),
    ),
    ...manifestFiles.flatMap((file) => [wrong(`file.${file}`, 'full'), wrong(`file.${file}`, 'Bulk')]),
    ...['', '2.0', '1.3'].map((value) => wrong('oneroster.version', value)),
    ...['', '1', '1.1'].map((value) => wrong('manifest.version', value)),
    ...['1.2', '1.2.1'].map((value) =>
      made('4', `manifest oneroster.version = ${value}`, {
        ...{ manifest: { 'oneroster.version': value }, expected: taken() },
      }),
    ),
    made('4', 'manifest with the name and code of a system', {
      manifest: { 'source.systemName': '校務支援, "A"', 'source.systemCode': 'sis-1' },
      expected: taken(),
    }),
    ...['file.homework', 'File.orgs', 'source.name', 'x'].map((name) =>
      made('4', `manifest with ${name}`, {
        ...{ manifest: { [name]: 'absent' }, expected: refused('manifest.unknownProperty manifest.csv') },
      }),
    ),
  ]
}

/** Manifest and archive say the same. Files that RosterHub does not hold are told. */
function presence(): CorpusCase[] {
  const text = (file: string) => `${otherHeader(file)}\r\n`
  return [
    ...manifestFiles
      .filter((file) => file !== 'orgs')
      .flatMap((file) =>
        ['bulk', 'delta'].map((mode) =>
          made('4', `${file}.csv is ${mode} and not there`, {
            ...{ manifest: { [`file.${file}`]: mode }, expected: refused(`manifest.fileMissing ${file}.csv`) },
          }),
        ),
      ),
    ...manifestFiles
      .filter((file) => file !== 'orgs')
      .map((file) =>
        made('4', `${file}.csv is absent and there`, {
          ...{
            entries: { [`${file}.csv`]: text(`${file}.csv`) },
            expected: refused(`manifest.fileUnlisted ${file}.csv`),
          },
        }),
      ),
    ...notHeld.map((file) =>
      made('8', `${file} is there`, {
        ...{ files: { ...rosterFor(generation, 'orgs.csv'), [file]: text(file) } },
        expected: taken(`manifest.notHeld ${file}`),
      }),
    ),
    ...notHeld.map((file) =>
      made('8', `${file} as a single CSV`, {
        ...{ bytes: () => Buffer.from(text(file)), fileName: file, recognisedAs: null },
        expected: refused(`package.nothingHeld ${file}`),
      }),
    ),
    made('8', 'nothing but files that are not held', {
      ...{ files: Object.fromEntries(notHeld.map((file) => [file, text(file)])), recognisedAs: null },
      expected: taken(...notHeld.map((file) => `manifest.notHeld ${file}`)),
    }),
    made('4', 'no manifest', {
      ...{ manifestText: null, files: rosterFor(generation, 'roles.csv'), expected: refused('manifest.missing') },
    }),
  ]
}

function manifestForm(): CorpusCase[] {
  const rows = [
    ['propertyName', 'value'],
    ['manifest.version', '1.0'],
    ['oneroster.version', '1.2'],
    ...manifestFiles.map((file) => [`file.${file}`, file === 'orgs' ? 'bulk' : 'absent']),
  ]
  const written = (name: string, manifestText: string, expected: CorpusCase['expected']) =>
    made('4', `manifest ${name}`, { manifestText, expected })
  const header = refused('manifest.header manifest.csv')
  return [
    written('with every value quoted', textOf(rows, { quoted: true }), taken()),
    written('with LF', textOf(rows, { lineEnd: '\n' }), taken()),
    written('with a byte order mark', textOf(rows, { bom: true }), taken('header.bom manifest.csv')),
    written('in another order', textOf([rows[0]!, ...rows.slice(1).reverse()], {}), taken()),
    // 1.1 says it outright, and RFC 4180 knows no row without a field.
    ...(['\r\n', '\n'] as const).flatMap((lineEnd) => {
      const lines = textOf(rows, { lineEnd }).split(lineEnd)
      const named = lineEnd === '\n' ? 'LF' : 'CRLF'
      return [
        written(`with blank rows at its end, ${named}`, lines.join(lineEnd) + lineEnd + lineEnd, taken()),
        written(
          `with blank rows between, ${named}`,
          lines.toSpliced(3, 0, '', '').toSpliced(1, 0, '').join(lineEnd),
          taken(),
        ),
        written(`with a blank row before its header, ${named}`, lineEnd + lines.join(lineEnd), taken()),
      ]
    }),
    // What Excel saves of an empty row; no property is named.
    written(
      'with rows of a comma alone',
      textOf([['', ''], ...rows.toSpliced(3, 0, ['', '']), ['', ''], ['', '', '']], {}),
      taken(),
    ),
    written(
      'with a value of no property',
      textOf([...rows, ['', 'absent']], {}),
      refused('manifest.unknownProperty manifest.csv'),
    ),
    made('1', 'Manifest.csv for manifest.csv', {
      ...{ manifestText: null, entries: { 'Manifest.csv': textOf(rows, {}) } },
      expected: refused('manifest.missing', 'package.unknownFile manifest.csv'),
    }),
    written('that is empty', '', header),
    written('without a header', textOf(rows.slice(1), {}), header),
    written('with its header in capitals', textOf([['PropertyName', 'Value'], ...rows.slice(1)], {}), header),
    written(
      'with its columns exchanged',
      textOf(
        rows.map(([a, b]) => [b!, a!]),
        {},
      ),
      header,
    ),
    written(
      'with a property twice',
      textOf([...rows, rows[5]!], {}),
      refused('manifest.duplicateProperty manifest.csv'),
    ),
    written(
      ...(['with a third cell', textOf([...rows, ['source.systemName', 'a', 'b']], {})] as const),
      refused('row.columnCount manifest.csv'),
    ),
    written('with a lone CR', textOf(rows, { lineEnd: '\r' }), refused('row.lineEnd manifest.csv')),
    written(
      'with an open quotation mark',
      `${textOf(rows, {})}"source.systemName,a\r\n`,
      refused('row.quote manifest.csv'),
    ),
  ]
}
