import { refused, taken, type CorpusCase } from './corpusCase'
import { headerOf, rosterFileNames, type Generation, type RosterFileName } from './facts'
import { rosterFor, rosterWith } from './rosters'

/** Section 2: every column is there, names are case-sensitive, the order is fixed, extensions are `metadata.*` and come last. */
export function headerCases(generation: Generation): CorpusCase[] {
  return rosterFileNames.flatMap((file) => {
    const columns = headerOf(generation, file)
    const last = columns.length - 1
    return [
      ...columns.map((column) =>
        made(generation, file, `without ${column}`, without(column), refused(`header.column ${file} ${column}`)),
      ),
      ...[0, 3, last - 1].map((index) =>
        made(
          ...([generation, file, `${columns[index]} and ${columns[index + 1]} exchanged`, exchanged(index)] as const),
          refused(`header.order ${file} ${columns[index]}`),
        ),
      ),
      ...[0, last].map((index) =>
        made(
          ...([
            generation,
            file,
            `${columns[index]} in capitals`,
            renamed(index, columns[index]!.toUpperCase()),
          ] as const),
          refused(`header.case ${file} ${columns[index]}`),
        ),
      ),
      ...extensions(generation, file, columns),
    ]
  })
}

function extensions(generation: Generation, file: RosterFileName, columns: readonly string[]): CorpusCase[] {
  const end = columns.length
  return [
    made(generation, file, 'an unknown column', inserted(end, 'nickname'), refused(`header.unknownColumn ${file}`)),
    made(
      generation,
      file,
      'metadata. without a name',
      inserted(end, 'metadata.'),
      refused(`header.unknownColumn ${file}`),
    ),
    made(generation, file, 'Metadata.own', inserted(end, 'Metadata.own'), refused(`header.unknownColumn ${file}`)),
    made(generation, file, 'a column twice', inserted(end, columns[3]!), refused(`header.duplicateColumn ${file}`)),
    made(
      ...([generation, file, 'an extension before a column', inserted(3, 'metadata.own')] as const),
      refused(`header.order ${file} ${columns[3]}`),
    ),
    made(generation, file, 'an extension', inserted(end, 'metadata.own'), taken()),
    made(generation, file, 'several extensions', inserted(end, 'metadata.a', 'metadata.b.c', 'metadata.日本'), taken()),
  ]
}

/** Under the base standard what stands in an extension column is the sender's affair, also where its name is one of Japan's. */
export const japaneseNamesInBase = (): CorpusCase[] =>
  (
    [
      ['users.csv', 'metadata.jp.homeClass', '1年1組'],
      ['users.csv', 'metadata.jp.homeClass', 'nowhere'],
      ['classes.csv', 'metadata.jp.specialNeeds', '特別支援'],
      ['enrollments.csv', 'metadata.jp.ShussekiNo', 'No. 1'],
      ['enrollments.csv', 'metadata.jp.publicFlg', '1'],
    ] as const
  ).map(([file, column, value]) => ({
    ...made('base-1.2.1', file, `${column} = ${value}, base asked for`, (columns) => [...columns, column], taken()),
    files: rosterWith('base-1.2.1', file, { [column]: value }),
    options: { profile: 'BASE_1_2_1' },
  }))

function made(
  generation: Generation,
  file: RosterFileName,
  what: string,
  change: (columns: string[]) => string[],
  expected: CorpusCase['expected'],
): CorpusCase {
  return {
    ...{ name: `${file}: ${what}`, clause: '2', generation, expected, files: rosterFor(generation, file) },
    header: (columns, name) => (name === file ? change(columns) : columns),
  }
}

const without = (column: string) => (columns: string[]) => columns.filter((one) => one !== column)
const exchanged = (index: number) => (columns: string[]) =>
  columns.with(index, columns[index + 1]!).with(index + 1, columns[index]!)
const renamed = (index: number, name: string) => (columns: string[]) => columns.with(index, name)
const inserted =
  (index: number, ...names: string[]) =>
  (columns: string[]) =>
    columns.toSpliced(index, 0, ...names)
