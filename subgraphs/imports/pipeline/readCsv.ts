import type { Readable } from 'node:stream'
import { parse } from 'fast-csv'
import { quoteGuard } from './quoteGuard'

/** fast-csv as imports use it: rows as arrays, blank lines kept (they count), nothing trimmed. */
export function csvParser() {
  return parse({ headers: false, ignoreEmpty: false, trim: false })
}

/** The first `limit` rows of a CSV, blank lines left out. Throws CsvBroken or what the source fails with. */
export async function readRows(source: Readable, limit: number, onBom?: () => void): Promise<string[][]> {
  const guard = quoteGuard(onBom)
  const parser = csvParser()
  source.once('error', (error) => parser.destroy(error))
  guard.once('error', (error) => parser.destroy(error))
  source.pipe(guard).pipe(parser)
  const rows: string[][] = []
  try {
    for await (const row of parser as AsyncIterable<string[]>) {
      if (row.length > 1 || row[0] !== '') rows.push(row)
      if (rows.length >= limit) break
    }
  } finally {
    source.destroy()
    guard.destroy()
  }
  return rows
}
