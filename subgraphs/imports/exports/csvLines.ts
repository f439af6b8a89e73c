import { isAscii } from 'node:buffer'
import { lineBreakMark } from '../../../oneroster/csvSql'
import { outsideJisX0213 } from '../../../oneroster/jisX0213'
import type { CopiedRows } from './copyOut'

/** What is met on the way: the place of a character outside the repertoire, or how many line breaks were taken out of a file. */
export interface LineFindings {
  outsideRepertoire?(line: number, column: number): void
  lineBreaks?(count: number): void
  rows(count: number): void
}

const mark = lineBreakMark.charCodeAt(0)
const space = 32

/**
 * PostgreSQL's CSV on its way into the package: the header before it, and a space for each line break that was marked (no cell holds one). Works
 * on whole blocks: a district's enrollments are 200 MB.
 */
export async function* csvLines(
  header: string,
  csv: AsyncIterable<CopiedRows>,
  findings: LineFindings,
): AsyncGenerator<Buffer> {
  yield Buffer.from(`${header}\r\n`)
  let line = 2
  for await (const { bytes, rows } of csv) {
    takeMarks(bytes, findings)
    if (findings.outsideRepertoire && !isAscii(bytes)) inspect(bytes.toString(), line, findings.outsideRepertoire)
    line += rows
    findings.rows(rows)
    yield bytes
  }
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
