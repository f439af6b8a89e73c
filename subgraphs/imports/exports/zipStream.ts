import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

/** A file of the package. Its bytes are asked for when its turn has come. */
export interface ZipEntry {
  readonly name: string
  bytes(): Iterable<Buffer> | AsyncIterable<Buffer>
}

/** Bytes that are compressed at a time, and how many such blocks wait for their turn: what an entry keeps in memory. */
const blockBytes = 512 * 1024
const mostBlocks = 3

/**
 * Rosters are mostly random hexadecimal digits: higher levels take several times as long and win a few percent, a larger window a quarter
 * more and wins a twentieth.
 */
const compression = { level: 1, windowBits: 12, memLevel: 9, finishFlush: constants.Z_SYNC_FLUSH }

/**
 * A ZIP as a stream, written from front to back (APPNOTE 6.3: sizes stand behind the bytes, in data descriptors), whatever the size. An error
 * of an entry ends the stream with that error. docs/decisions/zip-writer.md says why yazl does not do this.
 */
export function zipStream(entries: Iterable<ZipEntry>, modified: Date): Readable {
  return Readable.from(zipBytes(entries, modified), { highWaterMark: 2 })
}

interface Packed {
  readonly name: Buffer
  readonly offset: number
  crc: number
  size: number
  packedSize: number
}

async function* zipBytes(entries: Iterable<ZipEntry>, modified: Date): AsyncGenerator<Buffer> {
  const done: Packed[] = []
  const stamp = stampOf(modified)
  let offset = 0
  for (const entry of entries) {
    const packed: Packed = { name: Buffer.from(entry.name), offset, crc: 0, size: 0, packedSize: 0 }
    yield localHeader(packed, stamp)
    for await (const block of deflated(entry.bytes(), packed)) {
      packed.packedSize += block.length
      yield block
    }
    yield descriptor(packed)
    offset += localHeaderBytes(packed) + packed.packedSize + descriptor(packed).length
    done.push(packed)
  }
  const directory = Buffer.concat(done.map((packed) => directoryRecord(packed, stamp)))
  yield directory
  yield directoryEnd(done.length, offset, directory.length)
}

/** Blocks are compressed beside each other, by the threads of Node's pool, and each ends on a byte, so that they are one stream in a row. */
async function* deflated(bytes: ReturnType<ZipEntry['bytes']>, sums: Packed): AsyncGenerator<Buffer> {
  const waiting: Promise<Buffer>[] = []
  for await (const block of blocks(bytes)) {
    sums.crc = crc32(block, sums.crc)
    sums.size += block.length
    waiting.push(deflate(block, { ...compression, chunkSize: block.length + 1024 }))
    if (waiting.length >= mostBlocks) yield await waiting.shift()!
  }
  for (const block of waiting) yield await block
  yield lastBlock
}
const deflate = promisify<Buffer, object, Buffer>(deflateRaw)
/** An empty block that says that it is the last one (RFC 1951 section 3.2.3). */
const lastBlock = Buffer.from([3, 0])

async function* blocks(bytes: ReturnType<ZipEntry['bytes']>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let size = 0
  for await (const piece of bytes) {
    pieces.push(piece)
    size += piece.length
    if (size < blockBytes) continue
    yield Buffer.concat(pieces, size)
    pieces = []
    size = 0
  }
  if (size) yield Buffer.concat(pieces, size)
}

/** Sizes past 4 GB have fields of their own (APPNOTE 4.5.3). */
const most32 = 0xffffffff
const isLarge = ({ size, packedSize, offset }: Packed) => size >= most32 || packedSize >= most32 || offset >= most32
/** Sizes come later; names are UTF-8 (APPNOTE 4.4.4). */
const flags = 0x0808
const deflateMethod = 8

interface Stamp {
  readonly dos: number
  readonly extra: Buffer
}

/** The time as MS-DOS writes it, and the extra field with the time in UTC that most readers look at. */
function stampOf(time: Date): Stamp {
  const year = Math.min(2107, Math.max(1980, time.getUTCFullYear())) - 1980
  const date = (year << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate()
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1)
  const seconds = Math.floor(time.getTime() / 1000) >>> 0
  return { dos: ((date << 16) | clock) >>> 0, extra: fields([2, 0x5455], [2, 5], [1, 1], [4, seconds]) }
}

function localHeader({ name }: Packed, { dos, extra }: Stamp): Buffer {
  const head = fields([4, 0x04034b50], [2, 20], [2, flags], [2, deflateMethod], [4, dos], [4, 0], [4, 0], [4, 0])
  return Buffer.concat([head, fields([2, name.length], [2, extra.length]), name, extra])
}
const localHeaderBytes = ({ name }: Packed) => 30 + name.length + 9

function descriptor(packed: Packed): Buffer {
  const { crc, size, packedSize } = packed
  const width = isLarge(packed) ? 8 : 4
  return fields([4, 0x08074b50], [4, crc], [width, packedSize], [width, size])
}

function directoryRecord(packed: Packed, { dos, extra }: Stamp): Buffer {
  const { name, offset, crc, size, packedSize } = packed
  const large = isLarge(packed)
  const short = (value: number): Field => [4, large ? most32 : value]
  const long = large ? fields([2, 1], [2, 24], [8, size], [8, packedSize], [8, offset]) : Buffer.alloc(0)
  return Buffer.concat([
    fields([4, 0x02014b50], [2, madeBy], [2, large ? 45 : 20], [2, flags], [2, deflateMethod], [4, dos], [4, crc]),
    fields(short(packedSize), short(size), [2, name.length], [2, extra.length + long.length], [2, 0], [2, 0], [2, 0]),
    fields([4, plainFile], short(offset)),
    ...[name, extra, long],
  ])
}
/** Unix, version 6.3 of the specification. */
const madeBy = (3 << 8) | 63
const plainFile = (0o100644 << 16) >>> 0

function directoryEnd(entries: number, offset: number, size: number): Buffer {
  const large = offset >= most32
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, entries], [2, entries], [4, size])
  const place = fields([4, large ? most32 : offset], [2, 0])
  if (!large) return Buffer.concat([end, place])
  const record = fields([4, 0x06064b50], [8, 44], [2, madeBy], [2, 45], [4, 0], [4, 0], [8, entries], [8, entries])
  const locator = fields([4, 0x07064b50], [4, 0], [8, offset + size], [4, 1])
  return Buffer.concat([record, fields([8, size], [8, offset]), locator, end, place])
}

/** Width in bytes, and value. */
type Field = readonly [1 | 2 | 4 | 8, number]

function fields(...list: readonly Field[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((sum, [width]) => sum + width, 0))
  let at = 0
  for (const [width, value] of list) {
    if (width === 8) buffer.writeBigUInt64LE(BigInt(value), at)
    else buffer.writeUIntLE(value, at, width)
    at += width
  }
  return buffer
}
