import { Transform } from 'node:stream'
import { crc32 } from 'node:zlib'

/** What unpacking found: the archive says one thing about a file and holds another. */
export class DamagedEntry extends Error {
  constructor() {
    super('the entry is not what the archive says')
    this.name = 'DamagedEntry'
  }
}

/** Passes bytes on and fails at the end unless count and CRC-32 are as announced (ZIP APPNOTE 4.4.7). */
export function verifyBytes(expectedBytes: number, expectedCrc: number): Transform {
  let crc = 0
  let count = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc)
      count += chunk.length
      done(null, chunk)
    },
    flush(done) {
      done(crc === expectedCrc && count === expectedBytes ? null : new DamagedEntry())
    },
  })
}
