import { isAscii } from 'node:buffer'
import { lineBreakMark } from '../../../oneroster/csvSql'
import { outsideJisX0213 } from '../../../oneroster/jisX0213'

/** What is met on the way: the place of a character outside the repertoire, or how many line breaks were taken out of a file. */
export interface LineFindings {
  outsideRepertoire?(line: number, column: number): void
  lineBreaks?(count: number): void
  rows(count: number): void
}

const lineFeed = 10
const carriageReturn = 13
const mark = lineBreakMark.charCodeAt(0)
const space = 32

/**
 * PostgreSQL's CSV on its way into the package: the header before it, CRLF instead of LF (RFC 4180; no cell holds a line break), a space for
 * each line break that was marked. Works on whole chunks: a district's enrollments are 200 MB.
 */
export async function* csvLines(
  header: string,
  csv: AsyncIterable<Buffer>,
  findings: LineFindings,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`${header}\r\n`)
  let line = 2
  let rest = Buffer.alloc(0)
  for await (const chunk of csv) {
    const end = chunk.lastIndexOf(lineFeed) + 1
    const whole = rest.length ? Buffer.concat([rest, chunk.subarray(0, end)]) : chunk.subarray(0, end)
    // A piece without a line end is kept with what was kept before.
    rest = end ? Buffer.from(chunk.subarray(end)) : Buffer.concat([rest, chunk])
    if (!end) continue
    const ends = lineEnds(whole)
    takeMarks(whole, findings)
    if (findings.outsideRepertoire && !isAscii(whole)) inspect(whole.toString(), line, findings.outsideRepertoire)
    line += ends.length
    findings.rows(ends.length)
    yield withReturns(whole, ends)
  }
  if (rest.length) throw new Error('the last row has no end')
}

function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = []
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) ends.push(at)
  return ends
}

function withReturns(bytes: Buffer, ends: readonly number[]): Buffer {
  const out = Buffer.allocUnsafe(bytes.length + ends.length)
  let from = 0
  let to = 0
  for (const end of ends) {
    bytes.copy(out, to, from, end)
    to += end - from
    out[to++] = carriageReturn
    out[to++] = lineFeed
    from = end + 1
  }
  return out
}

function takeMarks(bytes: Buffer, { lineBreaks }: LineFindings): void {
  let count = 0
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    bytes[at] = space
    count++
  }
  if (count) lineBreaks?.(count)
}

function inspect(text: string, firstLine: number, found: NonNullable<LineFindings['outsideRepertoire']>): void {
  let line = firstLine
  let lineFrom = 0
  for (let at = outsideJisX0213(text); at >= 0; at = outsideJisX0213(text, at)) {
    for (let end = text.indexOf('\n', lineFrom); end >= 0 && end < at; end = text.indexOf('\n', lineFrom)) {
      line++
      lineFrom = end + 1
    }
    found(line, columnAt(text, lineFrom, at))
    // One for each cell: on to its end, which is before the next comma or line at the least.
    at = cellEnd(text, at)
  }
}

/** Which cell of the row, counted from 0. */
function columnAt(text: string, from: number, at: number): number {
  let column = 0
  let quoted = false
  for (let index = from; index < at; index++) {
    const character = text[index]
    if (character === '"') quoted = !quoted
    else if (character === ',' && !quoted) column++
  }
  return column
}

function cellEnd(text: string, at: number): number {
  for (let index = at; index < text.length; index++) {
    const character = text[index]!
    if (character === ',' || character === '\n' || character === '"') return index
  }
  return text.length
}
