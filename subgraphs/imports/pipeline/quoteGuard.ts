import { isUtf8 } from 'node:buffer'
import { Transform } from 'node:stream'
import { encodingFault } from './encodings'
import type { IssueCodeName, IssueParameters } from '../../../oneroster/issueCodes'

/** The bytes are no CSV that a parser could go on with. `line` is where the record begins. */
export class CsvBroken extends Error {
  readonly code: IssueCodeName
  readonly line: number
  readonly parameters: IssueParameters
  constructor(code: IssueCodeName, line: number, parameters: IssueParameters = {}) {
    super(`${code} in line ${line}`)
    this.name = 'CsvBroken'
    this.code = code
    this.line = line
    this.parameters = parameters
  }
}

export const longestRecord = 1024 ** 2

/**
 * Stands before fast-csv and lets only bytes through that it can parse in bounded time and memory: UTF-8 without byte order mark, RFC 4180
 * quoting, no record over a megabyte, and whole records only. (fast-csv takes quadratic time to find that a quotation mark is never closed,
 * and loses rows before text that follows a closing one.) Fails with CsvBroken; calls `onBom` when a byte order mark was skipped.
 */
export function quoteGuard(onBom: () => void = () => undefined): Transform {
  const scan = scanner()
  let carry: Buffer = Buffer.alloc(0)
  let first = true
  // The beginning of a record whose end has not come yet: already scanned, not yet passed on.
  let pending: Buffer[] = []
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        let bytes = carry.length ? Buffer.concat([carry, chunk]) : chunk
        if (first && bytes.length < 3 && bytes.equals(bom.subarray(0, bytes.length))) {
          carry = bytes
          return done()
        }
        if (first && bytes.subarray(0, 3).equals(bom)) {
          onBom()
          bytes = bytes.subarray(3)
        }
        first = false
        const end = bytes.length - incompleteTail(bytes)
        carry = Buffer.from(bytes.subarray(end))
        const whole = bytes.subarray(0, end)
        if (!isUtf8(whole)) throw notUtf8(bytes, scan.line())
        const recordsEnd = scan.next(whole)
        if (recordsEnd) {
          const records = whole.subarray(0, recordsEnd)
          this.push(pending.length ? Buffer.concat([...pending, records]) : records)
          pending = []
        }
        if (recordsEnd < whole.length) pending.push(whole.subarray(recordsEnd))
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    flush(done) {
      if (carry.length) return done(notUtf8(carry, scan.line()))
      const broken = scan.end()
      if (!broken && pending.length) this.push(Buffer.concat(pending))
      done(broken)
    },
  })
}

const bom = Buffer.from([0xef, 0xbb, 0xbf])
const [quote, comma, lf, cr] = [34, 44, 10, 13]

/** Bytes at the end that begin a character which the next chunk goes on with: 0 to 3. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** Names the first line that is not UTF-8 and what it seems to be; `line` is that of the first byte. */
function notUtf8(bytes: Buffer, line: number): CsvBroken {
  for (let start = 0; ; line++) {
    const end = bytes.indexOf(lf, start)
    const text = bytes.subarray(start, end < 0 ? bytes.length : end)
    if (end < 0 || !isUtf8(text)) return new CsvBroken(encodingFault(bytes, text, bytes.subarray(start)), line)
    start = end + 1
  }
}

const [atFieldStart, inField, inQuotes, afterQuote, afterCr] = [0, 1, 2, 3, 4]

/** Follows quotation marks byte by byte: an import has hundreds of megabytes, so one plain loop over variables of its own. */
function scanner() {
  let stateBefore = atFieldStart
  let line = 1
  let recordLine = 1
  let recordBytes = 0

  /** Answers where the last record that ends in these bytes ends, 0 for none. */
  function next(bytes: Buffer): number {
    let recordStart = -recordBytes
    let state = stateBefore
    for (let index = 0; index < bytes.length; index++) {
      let byte = bytes[index]!
      if (state === inQuotes) {
        // Where nearly all bytes are.
        while (byte !== quote) {
          if (byte === lf) line++
          if (++index === bytes.length) break
          byte = bytes[index]!
        }
        if (byte === quote) state = afterQuote
        continue
      }
      if (byte === lf) {
        if (index - recordStart > longestRecord) throw tooLong()
        state = atFieldStart
        recordLine = ++line
        recordStart = index + 1
      } else if (state === afterCr) throw new CsvBroken('row.lineEnd', recordLine)
      else if (byte === cr) state = afterCr
      else if (byte === comma) state = atFieldStart
      else if (byte === quote) {
        if (state === inField) throw new CsvBroken('row.quote', recordLine)
        state = inQuotes
      } else if (state === afterQuote) throw new CsvBroken('row.quote', recordLine)
      else state = inField
    }
    stateBefore = state
    recordBytes = bytes.length - recordStart
    if (recordBytes > longestRecord) throw tooLong()
    return Math.max(0, recordStart)
  }

  function end(): CsvBroken | null {
    if (stateBefore === inQuotes) return new CsvBroken('row.quote', recordLine)
    return stateBefore === afterCr ? new CsvBroken('row.lineEnd', recordLine) : null
  }

  function tooLong(): CsvBroken {
    return new CsvBroken('row.tooLong', recordLine, { limit: longestRecord })
  }

  return { next, end, line: () => line }
}
