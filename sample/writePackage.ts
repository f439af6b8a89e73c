import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'

export interface PackageEntry {
  readonly name: string
  /** The file's bytes, asked for no faster than they are written. */
  readonly chunks: Iterable<Buffer>
}

/** Rosters are mostly random hexadecimal digits: higher levels take several times as long and win a few percent. */
const compressionLevel = 2

/** Writes the entries as a ZIP to `path`, whole or not at all; `date` (YYYY-MM-DD) is the modification date of all. Returns the size in bytes. */
export async function writePackage(path: string, entries: readonly PackageEntry[], date: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.${process.pid}.part`
  try {
    await streamPackage(createWriteStream(part), entries, date)
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return (await stat(path)).size
}

/** The same to any stream: holds a few chunks in memory, whatever the size, and waits for a slow destination. */
export async function streamPackage(
  destination: Writable,
  entries: readonly PackageEntry[],
  date: string,
): Promise<void> {
  const zip = new ZipFile()
  const [year, month, day] = date.split('-').map(Number) as [number, number, number]
  // ZIP holds local time without a zone; a date made of local parts is the same bytes in every zone.
  const options = { mtime: new Date(year, month - 1, day), mode: 0o100644, forceDosTimestamp: true, compressionLevel }
  for (const { name, chunks } of entries) {
    // One at a time and only when its turn comes; yazl passes no errors of sources on.
    zip.addReadStreamLazy(name, options, (pass) => {
      const source = Readable.from(chunks, { objectMode: false, highWaterMark: 65_536 })
      source.on('error', (error) => (zip.outputStream as Readable).destroy(error))
      pass(null, source)
    })
  }
  zip.end()
  await pipeline(zip.outputStream, destination)
}
