import { Readable } from 'node:stream'
import zlib, { crc32, createDeflateRaw } from 'node:zlib'
import bufferCrc32 from 'buffer-crc32'
import { ZipFile } from 'yazl'

// yazl asks buffer-crc32, which goes byte by byte in JavaScript. Node has the same function in native code, eight times as fast; both projects
// have an open issue about using it (yazl 82, buffer-crc32 34).
Object.assign(bufferCrc32, { unsigned: crc32 })

/**
 * Rosters are mostly random hexadecimal digits. Higher levels take several times as long and win a few percent; of a window of 4 KB, some twenty
 * rows, a package is 5 % larger than of the usual 32 KB and compressed in two thirds of the time. yazl gives its compressor a level only
 * (pumpFileDataReadStream), and asks for it by `new zlib.DeflateRaw`. Larger pieces wake fewer threads.
 */
const compressionLevel = 1
Object.assign(zlib, {
  DeflateRaw: function ({ level }: { level: number }) {
    return createDeflateRaw({ level, windowBits: 12, memLevel: 9, chunkSize: 64 * 1024 })
  },
})

/** A file of the package. Its bytes are asked for when its turn has come. */
export interface ZipEntry {
  readonly name: string
  bytes(): Iterable<Buffer> | AsyncIterable<Buffer>
}

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
