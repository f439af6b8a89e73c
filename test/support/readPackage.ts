import { crc32 } from 'node:zlib'
import { parseString } from 'fast-csv'
import { openPromise } from 'yauzl'

export interface ReadEntry {
  readonly name: string
  readonly bytes: Buffer
  readonly modified: Date
}

/** The files of a ZIP in the order of the archive, whole in memory. Throws when one differs from its checksum. */
export async function readZip(path: string): Promise<ReadEntry[]> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false })
  const entries: ReadEntry[] = []
  try {
    for await (const entry of zip.eachEntry()) {
      const chunks: Buffer[] = []
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
      const bytes = Buffer.concat(chunks)
      if (crc32(bytes) !== entry.crc32) throw new Error(`${entry.fileName} has another checksum`)
      entries.push({ name: entry.fileName, bytes, modified: entry.getLastModDate() })
    }
  } finally {
    zip.close()
  }
  return entries
}

/** Rows of a CSV file by column. */
export function parseCsv(bytes: Buffer): Promise<Record<string, string>[]> {
  return new Promise((resolve, reject) => {
    const rows: Record<string, string>[] = []
    parseString<Record<string, string>, Record<string, string>>(bytes.toString('utf8'), {
      headers: true,
      strictColumnHandling: true,
    })
      .on('data', (row: Record<string, string>) => rows.push(row))
      .on('data-invalid', (_row, line) => reject(new Error(`row ${line} has not as many cells as the header`)))
      .on('error', reject)
      .on('end', () => resolve(rows))
  })
}

/** All rows of a package by file, `users` for users.csv; a file that is not there has none. */
export async function readPackage(path: string): Promise<(file: string) => Record<string, string>[]> {
  const entries = await readZip(path)
  const rows = await Promise.all(entries.map(async ({ name, bytes }) => [name, await parseCsv(bytes)] as const))
  const byName = new Map(rows)
  return (file) => byName.get(`${file}.csv`) ?? []
}
