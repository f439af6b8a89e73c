import { Readable } from 'node:stream'
import { csvParser } from './readCsv'
import { quoteGuard } from './quoteGuard'
import { rowScanner, scanRows } from './scanRows'

async function rowsOf(text: string, size: number, by: 'scanner' | 'fast-csv'): Promise<string[][]> {
  const bytes = Buffer.from(text)
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  const guarded = Readable.from(pieces, { objectMode: false }).pipe(quoteGuard())
  const rows: string[][] = []
  if (by === 'fast-csv') for await (const row of guarded.pipe(csvParser())) rows.push(row as string[])
  else for await (const some of guarded.pipe(rowScanner())) rows.push(...(some as string[][]))
  return rows
}

describe('the scanner of big files', () => {
  test('reads what RFC 4180 allows', () => {
    expect(scanRows('a,"b","",\r\n"x""y","1,2","l\r\nm"\n\n,\n""\r\nlast,')).toEqual([
      ['a', 'b', '', ''],
      ['x"y', '1,2', 'l\r\nm'],
      [''],
      ['', ''],
      [''],
      ['last', ''],
    ])
    expect(scanRows('')).toEqual([])
  })

  test.each([1, 1_000])('lets the header stand without quotation marks, blank lines before it or not', async (size) => {
    const told = async (text: string) => {
      const codes: string[] = []
      const bytes = Buffer.from(text)
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      )
      const source = Readable.from(pieces, { objectMode: false }).pipe(quoteGuard())
      for await (const _rows of source.pipe(rowScanner((code) => codes.push(code)))) void _rows
      return codes
    }
    expect(await told('a,b\r\n"1","2"\r\n')).toEqual([])
    expect(await told('\r\n\r\na,b\r\n"1","2"\r\n')).toEqual([])
    expect(await told('\r\n\r\na,b\r\n1,"2"\r\n')).toEqual(['row.unquoted'])
  })

  test('gives the same cells as fast-csv, wherever the bytes are divided', async () => {
    const cells = ['', 'a', 'あ𠮷', '"', '""', 'a,b', 'x\ny', 'x\r\ny', ' ', '"quoted"', ',', 'ﾀ', '\t']
    let seed = 7
    const pick = (count: number) => (seed = (seed * 48271) % 2147483647) % count
    for (let round = 0; round < 60; round++) {
      const lines = Array.from({ length: 1 + pick(6) }, () =>
        Array.from({ length: 2 + pick(4) }, () => {
          const cell = cells[pick(cells.length)]!
          // fast-csv drops a bare cell of blanks; RFC 4180 says that spaces are part of a field.
          return /[",\s]/.test(cell) || pick(2) ? `"${cell.replaceAll('"', '""')}"` : cell
        }).join(','),
      )
      const text = lines.join(pick(2) ? '\r\n' : '\n') + (pick(2) ? '\n' : '')
      const expected = await rowsOf(text, 1_000, 'fast-csv')
      for (const size of [1, 3, 1_000])
        expect({ text, rows: await rowsOf(text, size, 'scanner') }).toEqual({ text, rows: expected })
    }
  })
})
