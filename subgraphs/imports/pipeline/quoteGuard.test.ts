import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { CsvBroken, longestRecord, quoteGuard } from './quoteGuard'

/** Bytes in pieces of `size` through the guard; answers what comes out, or the code and line it stops with. */
async function guarded(text: string | Buffer, size: number): Promise<string> {
  const bytes = Buffer.from(text as string)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  const guard = quoteGuard()
  Readable.from(pieces, { objectMode: false }).pipe(guard)
  try {
    return (await buffer(guard)).toString()
  } catch (error) {
    if (!(error instanceof CsvBroken)) throw error
    return `${error.code} ${error.line}`
  }
}

describe('the guard before the CSV parser', () => {
  const cases: [string, string | Buffer, string][] = [
    ['good bytes pass unchanged', 'a,b\r\n"1,""x""",あ𠮷\r\n', 'a,b\r\n"1,""x""",あ𠮷\r\n'],
    ['a last line without an end passes', 'a,b\n1,2', 'a,b\n1,2'],
    ['a byte order mark is skipped', '\ufeffa,b\n', 'a,b\n'],
    ['a byte order mark alone is an empty file', '\ufeff', ''],
    ['nothing is nothing', '', ''],
    ['text after a closing quotation mark', 'a\n"x"y\n', 'row.quote 2'],
    ['a quotation mark inside a bare cell', 'a\nx"y\n', 'row.quote 2'],
    ['a quotation mark that is never closed', 'a\nb\n"x\ny\n', 'row.quote 3'],
    ['CR alone', 'a\rb\n', 'row.lineEnd 1'],
    ['CR at the very end', 'a\nb\r', 'row.lineEnd 2'],
    ['bytes that are Shift_JIS', Buffer.from([0x61, 0x0a, 0x62, 0x0a, 0x8e, 0x52, 0x0a]), 'row.shiftJis 3'],
    ['bytes of no encoding known', Buffer.from([0x61, 0x0a, 0x62, 0x0a, 0xff, 0x52, 0x0a]), 'row.encoding 3'],
    ['a character cut off at the end', Buffer.from([0x61, 0x0a, 0xe3, 0x81]), 'row.encoding 2'],
  ]
  test.each(cases)('%s, wherever the bytes are divided', async (_name, text, expected) => {
    for (const size of [1, 2, 3, 5, 64]) expect(await guarded(text, size)).toBe(expected)
  })

  test('a record over a megabyte stops it, one below does not', async () => {
    expect(await guarded(`a\n"${'x\n'.repeat(longestRecord / 2)}`, 65_536)).toBe('row.tooLong 2')
    const long = `a\n"${'x'.repeat(longestRecord - 10)}"\n`
    expect(await guarded(long, 65_536)).toBe(long)
  })
})
