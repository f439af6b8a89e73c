import { Transform } from 'node:stream'

/**
 * Rows of big files: RFC 4180 and nothing else, over bytes that quoteGuard has passed (whole records, UTF-8, right quoting). Gives the rows of
 * each chunk as one array of rows of cells, the same cells as fast-csv, which reads the small files and is the reference in the test
 * (docs/decisions/csv-scanner.md says why it does not read these). `onForm` hears once each what is fine in CSV but not in Japan.
 */
export function rowScanner(onForm: (code: 'row.unquoted' | 'row.lineFeed') => void = () => undefined): Transform {
  const form: Form = { bare: false, lineFeed: false }
  let told: Form = { ...form }
  let isFirst = true
  return new Transform({
    readableObjectMode: true,
    readableHighWaterMark: 2,
    transform(records: Buffer, _encoding, done) {
      const text = records.toString('utf8')
      // The header may stand without quotation marks.
      const rows = isFirst ? scanRows(text, form, 1) : scanRows(text, form)
      isFirst &&= rows.every(isBlankRow)
      if (form.bare && !told.bare) onForm('row.unquoted')
      if (form.lineFeed && !told.lineFeed) onForm('row.lineFeed')
      told = { ...form }
      done(null, rows)
    },
  })
}

const [quote, comma, lf, cr] = [34, 44, 10, 13]

/** What is noticed on the way: a cell without quotation marks, a line that ends without CR. */
export interface Form {
  bare: boolean
  lineFeed: boolean
}

/** The rows of a text of whole records. A blank line is a row of one empty cell. Bare cells count from row `fromRow` on. */
export function scanRows(text: string, form: Form = { bare: false, lineFeed: false }, fromRow = 0): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  let bare = false
  while (at < text.length) {
    if (text.charCodeAt(at) === quote) {
      let end = text.indexOf('"', at + 1)
      if (text.charCodeAt(end + 1) === quote) {
        end = closingQuote(text, end)
        row.push(text.slice(at + 1, end).replaceAll('""', '"'))
      } else row.push(text.slice(at + 1, end))
      at = end + 1
    } else {
      const start = at
      while (at < text.length && !endsBareCell(text.charCodeAt(at))) at++
      row.push(text.slice(start, at))
      bare = true
    }
    if (text.charCodeAt(at) === comma) {
      // A comma at the very end is followed by one more, empty cell.
      if (++at < text.length) continue
      row.push('')
      bare = true
    } else if (text.charCodeAt(at) === cr) at += 2
    else if (at++ < text.length) form.lineFeed = true
    // Blank lines are no rows: neither the header nor any of the data.
    if (isBlankRow(row)) fromRow += rows.length < fromRow ? 1 : 0
    else if (bare && rows.length >= fromRow) form.bare = true
    rows.push(row)
    row = []
    bare = false
  }
  return rows
}

/** Whether the row is a blank line, of which fast-csv makes no cell at all. */
export function isBlankRow(cells: readonly string[]): boolean {
  return cells.length < 2 && (cells[0] ?? '') === ''
}

/** The closing mark of a cell whose first mark inside, at `from`, is the first of two that stand for one. */
function closingQuote(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2)
  return at
}

function endsBareCell(character: number): boolean {
  return character === comma || character === lf || character === cr
}
