import { refused, taken, textOf, type CorpusCase, type Form, type Row } from './corpusCase'
import { columns, headerOf, rosterFileNames, type Generation, type RosterFileName } from './facts'
import { rosterFor, rosterWith } from './rosters'

const generation: Generation = 'base-1.2.1'

/** Section 2: UTF-8 CSV by RFC 4180, a header and at least one row, no line break in a cell. */
export const formCases = (): CorpusCase[] => [
  ...rosterFileNames.flatMap((file) => [
    ...whole(file),
    ...(['orgs.csv', 'users.csv', 'enrollments.csv'].includes(file) ? broken(file) : []),
  ]),
  ...long(),
]

/** Section 2: 255 characters at least. The hub takes more where it need not look records up by them. */
function long(): CorpusCase[] {
  const noise = Array.from({ length: 20_000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000)),
  ).join('')
  const lookedUp = ['users.csv username', 'users.csv identifier', 'users.csv email', 'roles.csv role']
  return columns
    .filter(({ file, column, type }) => type === 'string' || `${file} ${column}` === 'roles.csv role')
    .flatMap(({ file, column }) => {
      const name = `${file} ${column}`
      const isLookedUp = lookedUp.includes(name)
      const of = (length: number) => (column === 'role' ? `ext:${'x'.repeat(length - 4)}` : noise.slice(0, length))
      const cell = (length: number, expected: CorpusCase['expected']): CorpusCase => ({
        ...{ name: `${name}: ${length} characters`, clause: '2', generation, expected },
        files: rosterWith(generation, file, { [column]: of(length) }),
      })
      return isLookedUp
        ? [
            cell(800, taken()),
            cell(801, refused(`row.cellTooLong ${name}`)),
            cell(20_000, refused(`row.cellTooLong ${name}`)),
          ]
        : [cell(20_000, taken())]
    })
}

const made = (
  file: RosterFileName,
  what: string,
  content: string | Buffer,
  expected: CorpusCase['expected'],
): CorpusCase => ({
  ...{ name: `${file}: ${what}`, clause: '2', generation, expected },
  files: { ...rosterFor(generation, file), [file]: content },
})

function text(file: RosterFileName, form: Form = {}): string {
  const header = headerOf(generation, file)
  const rows = rosterFor(generation, file)[file]!.map((row) => header.map((column) => row[column] ?? ''))
  return textOf([header, ...rows], form)
}

function whole(file: RosterFileName): CorpusCase[] {
  const header = headerOf(generation, file).join(',')
  return [
    made(file, 'empty', '', refused(`header.missing ${file}`)),
    made(file, 'a header and no row', `${header}\r\n`, refused(`row.none ${file}`)),
    made(file, 'a header and no line end', header, refused(`row.none ${file}`)),
    made(
      file,
      'rows and no header',
      `${text(file).split('\r\n').slice(1).join('\r\n')}`,
      refused(`header.unrecognised ${file}`),
    ),
    made(
      file,
      'a title before the header',
      `"名簿 2026/04/01"\r\n${text(file)}`,
      refused(`header.unrecognised ${file}`),
    ),
    made(file, 'semicolons', text(file).replaceAll(',', ';'), refused(`header.unrecognised ${file}`)),
    made(file, 'LF', text(file, { lineEnd: '\n' }), taken()),
    made(file, 'CR alone', text(file, { lineEnd: '\r' }), refused(`row.lineEnd ${file}`)),
    made(file, 'a byte order mark', text(file, { bom: true }), taken(`header.bom ${file}`)),
    made(file, 'every cell quoted', text(file, { quoted: true }), taken()),
    made(file, 'blank lines before the header', `\r\n\n${text(file)}`, taken()),
    made(file, 'blank lines between and at the end', `${text(file).replaceAll('\r\n', '\r\n\r\n')}\r\n`, taken()),
    made(file, 'no end of the last line', text(file).trimEnd(), taken()),
    made(file, 'mixed line ends', text(file).replace('\r\n', '\n'), taken()),
  ]
}

function broken(file: RosterFileName): CorpusCase[] {
  const good = text(file)
  const shiftJis = Buffer.concat([Buffer.from(good), Buffer.from([0x8e, 0x52, 0x93, 0x63])])
  // Two bytes of a character of three, then the end.
  const cutOff = Buffer.concat([Buffer.from(good), Buffer.from([0xe3, 0x81])])
  const last = headerOf(generation, file).filter((column) => textual.includes(column))[0]!
  const cell = (value: string, what: string, code: string): CorpusCase => ({
    ...{ name: `${file}: ${what}`, clause: '2', generation, expected: refused(`${code} ${file} ${last}`) },
    files: rosterWith(generation, file, { [last]: value } as Row),
  })
  const lines = good.split('\r\n')
  return [
    made(file, 'a cell too few', `${good}x\r\n`, refused(`row.columnCount ${file}`)),
    made(
      file,
      'a cell too many',
      `${good}${lines[1]!.replace(/^[^,]*/, 'x')},\r\n`,
      refused(`row.columnCount ${file}`),
    ),
    made(file, 'an open quotation mark', `${good}"x\r\n`, refused(`row.quote ${file}`)),
    made(file, 'text behind a quotation mark', `${good}"x"y\r\n`, refused(`row.quote ${file}`)),
    made(file, 'a quotation mark in a bare cell', `${good}x"y\r\n`, refused(`row.quote ${file}`)),
    made(file, 'Shift_JIS', shiftJis, refused(`row.shiftJis ${file}`)),
    made(file, 'a character cut off', cutOff, refused(`row.encoding ${file}`)),
    made(file, 'UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), refused(`row.utf16 ${file}`)),
    ...(last === 'role'
      ? []
      : [
          cell('a\nb', 'LF in a cell', 'row.lineBreak'),
          cell('a\r\nb', 'CRLF in a cell', 'row.lineBreak'),
          cell('a\rb', 'CR in a cell', 'row.lineBreak'),
          cell('a\0b', 'NUL in a cell', 'row.controlCharacter'),
          cell('a\u0001b', 'U+0001 in a cell', 'row.controlCharacter'),
          cell('a\u001fb', 'U+001F in a cell', 'row.controlCharacter'),
          { ...cell('a\tb', 'a tab in a cell', ''), expected: taken() },
        ]),
  ]
}
const textual = ['name', 'givenName', 'title', 'role']
