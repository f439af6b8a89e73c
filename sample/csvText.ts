import { metadataKey } from '../oneroster/csv'
import type { Row } from './row'

/** Characters of text put together before they become bytes: large enough to be quick, small enough to hold many times. */
const chunkSize = 16_384

/**
 * A CSV file as chunks of UTF-8 without BOM, lines ended by CRLF, made as they are asked for. `quoteAll` puts every cell in double quotes,
 * the empty ones and the header too, as Japanese importers demand; otherwise only what needs them is quoted (RFC 4180 section 2).
 * `onRow` is called for each row written.
 */
export function* csvChunks(
  header: readonly string[],
  rows: Iterable<Row>,
  quoteAll: boolean,
  onRow: () => void = () => {},
): Generator<Buffer> {
  const cell = quoteAll ? quoted : quotedIfNeeded
  const columns = header.map(canonical)
  let text = `${header.map(cell).join(',')}\r\n`
  for (const row of rows) {
    let separator = ''
    for (const column of columns) {
      text += separator + cell(row[column] ?? '')
      separator = ','
    }
    text += '\r\n'
    onRow()
    if (text.length < chunkSize) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text) yield Buffer.from(text)
}

/** The name under which rows hold an extension column, whose spelling differs between generations. */
const canonical = (column: string) => (column.startsWith('metadata.') ? `metadata.${metadataKey(column)}` : column)

const quoted = (value: string) => (value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`)
const quotedIfNeeded = (value: string) => (/[",\r\n]/.test(value) ? quoted(value) : value)
