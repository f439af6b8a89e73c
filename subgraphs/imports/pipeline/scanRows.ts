import { Transform } from 'node:stream'

/**
 * Rows of big files: RFC 4180 and nothing else, over bytes that quoteGuard has passed (whole records, UTF-8, right quoting). Gives the rows of
 * each chunk as one array of rows of cells, the same cells as fast-csv, which reads the small files and is the reference in the test
 * (docs/decisions/csv-scanner.md says why it does not read these).
 */
export function rowScanner(): Transform {
  return new Transform({
    readableObjectMode: true,
    readableHighWaterMark: 2,
    transform(records: Buffer, _encoding, done) {
      done(null, scanRows(records.toString('utf8')))
    },
  })
}

const [quote, comma, lf, cr] = [34, 44, 10, 13]

/** The rows of a text of whole records. A blank line is a row of one empty cell. */
export function scanRows(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    if (text.charCodeAt(at) === quote) {
      const end = closingQuote(text, at + 1)
      const cell = text.slice(at + 1, end)
      row.push(cell.includes('"') ? cell.replaceAll('""', '"') : cell)
      at = end + 1
    } else {
      const start = at
      while (at < text.length && !endsBareCell(text.charCodeAt(at))) at++
      row.push(text.slice(start, at))
    }
    if (text.charCodeAt(at) === comma) {
      // A comma at the very end is followed by one more, empty cell.
      if (++at < text.length) continue
      row.push('')
    } else at += text.charCodeAt(at) === cr ? 2 : 1
    rows.push(row)
    row = []
  }
  return rows
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (text.charCodeAt(at + 1) === quote) at = text.indexOf('"', at + 2)
  return at
}

function endsBareCell(character: number): boolean {
  return character === comma || character === lf || character === cr
}
