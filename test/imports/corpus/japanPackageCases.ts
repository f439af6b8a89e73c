import { refused, taken, type CorpusCase, type Form } from './corpusCase'
import { japaneseGenerations, rosterFileNames, type Generation } from './facts'
import { rosterFor } from './rosters'

/** What the Japan profiles ask of the package and of headers (Japan profile sections 1, 2, 3 and 5.1). */
export const japanPackageCases = (): CorpusCase[] =>
  japaneseGenerations.flatMap((generation) => [
    ...names(generation),
    ...forms(generation),
    ...presence(generation),
    ...headers(generation),
    ...versions(generation),
  ])

const made = (
  generation: Generation,
  clause: string,
  name: string,
  rest: Partial<CorpusCase> & Pick<CorpusCase, 'expected'>,
) => ({ name, clause: `J ${clause}`, generation, files: rosterFor(generation), ...rest }) as CorpusCase

function names(generation: Generation): CorpusCase[] {
  const name = (fileName: string, expected: CorpusCase['expected']) =>
    made(generation, '2', `file name ${fileName}`, { fileName, expected })
  return [
    ...['RO_20230404_01.zip', 'RO_20230404_052019.zip', 'RO_20230404_131237.zip', 'RO_20230404_B127210000018.zip'].map(
      (one) => name(one, taken()),
    ),
    ...[
      'roster.zip',
      'RO_20230404.zip',
      'RO_20231404_01.zip',
      'RO_20230404_99.zip',
      'RO_20230404_1234567890123.zip',
      'ro_20230404_01.zip',
    ].map((one) => name(one, taken('package.fileName'))),
  ]
}

function forms(generation: Generation): CorpusCase[] {
  const form = (name: string, how: Form, code: string) =>
    made(generation, '2', name, { form: how, expected: taken(...rosterFileNames.map((file) => `${code} ${file}`)) })
  return [
    form('a byte order mark', { bom: true }, 'header.bom'),
    form('values without quotation marks', { quoted: false }, 'row.unquoted'),
    form('lines that end with LF', { lineEnd: '\n' }, 'row.lineFeed'),
  ]
}

function presence(generation: Generation): CorpusCase[] {
  const { 'enrollments.csv': _enrollments, ...noEnrollments } = rosterFor(generation)
  const { 'demographics.csv': _demographics, 'userProfiles.csv': _profiles, ...seven } = rosterFor(generation)
  const expected = ['academicSessions', 'classes', 'courses', 'enrollments', 'roles', 'users'].map(
    (file) => `manifest.fileExpected ${file}.csv`,
  )
  return [
    made(generation, '3', 'the seven files', { files: seven, expected: taken() }),
    made(generation, '3', 'no enrollments', {
      files: noEnrollments,
      expected: taken('manifest.fileExpected enrollments.csv'),
    }),
    ...(generation === 'jp-k12-1.0'
      ? [
          made(generation, '3', 'orgs alone', {
            ...{ files: { 'orgs.csv': rosterFor(generation)['orgs.csv']! }, expected: taken(...expected) },
          }),
        ]
      : []),
  ]
}

function headers(generation: Generation): CorpusCase[] {
  const without = (column: string, expected: CorpusCase['expected']) =>
    made(generation, '5.1', `without the column ${column}`, {
      ...{ header: (columns: string[]) => columns.filter((one) => one !== column), expected },
    })
  const missing = (file: string, column: string) => without(column, taken(`header.profileColumn ${file} ${column}`))
  const isSecond = generation === 'jp-2nd-edition'
  const homeClass = 'metadata.jp.homeClass'
  const respelt = (columns: string[]) => columns.map((one) => (/ShussekiNo|PublicFlg/.test(one) ? lower(one) : one))
  return [
    ...['Given', 'Family']
      .map((name) => `metadata.jp.kana${name}Name`)
      .map((column) => without(column, refused(`header.column users.csv ${column}`))),
    missing('users.csv', 'metadata.jp.kanaMiddleName'),
    missing('classes.csv', 'metadata.jp.specialNeeds'),
    without(
      homeClass,
      taken(
        `header.profileColumn users.csv ${homeClass}`,
        ...(isSecond ? [`reference.studentCell users.csv ${homeClass}`] : []),
      ),
    ),
    made(generation, '1', 'both spellings of the enrollment extensions', {
      header: (columns: string[]) => [...new Set([...columns, ...respelt(columns), ...columns.map(upper)])],
      expected: {
        ...refused('header.duplicateColumn enrollments.csv'),
        warnings: isSecond ? preferredKana.map((column) => `header.profileColumn users.csv ${column}`) : [],
      },
    }),
    // Either spelling of the enrollment extensions is taken (section 1); with the newer one the package looks newer.
    made(generation, '1', 'the newer spelling of the enrollment extensions', {
      ...{ header: respelt, recognisedAs: null },
      expected: taken(...(isSecond ? preferredKana.map((column) => `header.profileColumn users.csv ${column}`) : [])),
    }),
  ]
}
const upper = (column: string) => column.replace('.shusseki', '.Shusseki').replace('.public', '.Public')
const lower = (column: string) => column.replace('.Shusseki', '.shusseki').replace('.Public', '.public')
const preferredKana = ['Family', 'Given', 'Middle'].map((name) => `metadata.jp.kanaPreferred${name}Name`)

function versions(generation: Generation): CorpusCase[] {
  const version = (value: string, rest: Partial<CorpusCase> & Pick<CorpusCase, 'expected'>) =>
    made(generation, '1', `oneroster.version ${value}`, { manifest: { 'oneroster.version': value }, ...rest })
  if (generation === 'jp-k12-1.0') return ['1.2', '1.2.1'].map((value) => version(value, { expected: taken() }))
  return [
    version('1.2.1', { expected: taken() }),
    version('1.2_JP', {
      recognisedAs: 'jp-k12-1.0',
      // The second edition has fewer columns than the generation that the manifest names.
      expected: taken(
        ...(generation === 'jp-2nd-edition'
          ? preferredKana.map((column) => `header.profileColumn users.csv ${column}`)
          : []),
      ),
    }),
  ]
}
