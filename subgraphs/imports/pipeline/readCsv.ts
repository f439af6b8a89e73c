import type { Readable } from 'node:stream'
import { parse } from 'fast-csv'
import { quoteGuard } from './quoteGuard'
import { isBlankRow } from './scanRows'
import { linesOf } from './validateRow'

/** A row and the line of the file on which it begins, from 1 on. */
export interface CsvRow {
  readonly line: number
  readonly cells: string[]
}

/** fast-csv as imports use it: rows as arrays, blank lines kept (they count), nothing trimmed. */
export function csvParser() {
  return parse({ headers: false, ignoreEmpty: false, trim: false })
}

/** The first `limit` rows of a CSV, blank lines left out. Throws CsvBroken or what the source fails with. */
export async function readRows(source: Readable, limit: number, onBom?: () => void): Promise<CsvRow[]> {
  const guard = quoteGuard(onBom)
  const parser = csvParser()
  source.once('error', (error) => parser.destroy(error))
  guard.once('error', (error) => parser.destroy(error))
  source.pipe(guard).pipe(parser)
  const rows: CsvRow[] = []
  let line = 1
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (!isBlankRow(cells)) rows.push({ line, cells })
      line += linesOf(cells)
      if (rows.length >= limit) break
    }
  } finally {
    source.destroy()
    guard.destroy()
  }
  return rows
}
