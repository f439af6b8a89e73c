import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'

/** A file of the package. Its bytes are asked for when its turn has come. */
export interface ZipEntry {
  readonly name: string
  bytes(): Iterable<Buffer> | AsyncIterable<Buffer>
}

/** Rosters are mostly random hexadecimal digits: higher levels take several times as long and win a few percent. */
const compressionLevel = 1
const plainFile = 0o100644

/** A ZIP as a stream, written from front to back, whatever the size. An error of an entry ends the stream with that error. */
export function zipStream(entries: Iterable<ZipEntry>, modified: Date): Readable {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  let current: Readable | undefined
  for (const { name, bytes } of entries) {
    zip.addReadStreamLazy(name, { mtime: modified, mode: plainFile, compressionLevel }, (pass) => {
      current = Readable.from(bytes(), { objectMode: false, highWaterMark: 2 })
      // yazl passes no errors of sources on.
      current.once('error', (error) => output.destroy(error))
      pass(null, current)
    })
  }
  zip.end()
  // A source that nobody reads any more would wait for ever.
  output.once('close', () => current?.destroy())
  return output
}
