import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { coded } from '../../platform/errors'

/**
 * Where uploaded packages lie. The one interface between imports and the place of the bytes; `test/imports/storage.test.ts` is the contract
 * that any other implementation (object storage) must pass too.
 */
export interface Storage {
  /**
   * Streams bytes to `key`, which exists afterwards with all of them or not at all.
   * Throws UPLOAD_TOO_LARGE past `limit` bytes, UPLOAD_BROKEN when the stream ends in the middle; the source stream is destroyed then.
   */
  write(key: string, bytes: Readable, limit: number): Promise<{ bytes: number; sha256: string }>
  read(key: string): Readable
  /** A local file with the content, for readers that jump about (ZIP). */
  path(key: string): Promise<string>
  delete(key: string): Promise<void>
  list(prefix: string): Promise<string[]>
  /** Throws one sentence when nothing can be written: no room, no right, not there. What was tried within a second is not tried again. */
  check(): Promise<void>
  /** Deletes what was begun longer ago than this and never finished, since its writer died; answers how many. */
  deleteUnfinished(olderThanMilliseconds: number): Promise<number>
}

/** Files below one folder. A file is written under a temporary name, flushed to disk and renamed, so a crash leaves no half file. */
export function directoryStorage(folder: string): Storage {
  const pathOf = (key: string) => {
    if (!/^[\w-]+(\/[\w.-]+)*$/.test(key) || key.includes('..')) throw new Error('not a storage key')
    return join(folder, ...key.split('/'))
  }
  let lastWritten = 0

  return {
    async write(key, bytes, limit) {
      // A stream may break before anybody reads it; nobody listening then would end the process. Reading it says so again.
      bytes.once('error', () => undefined)
      const target = pathOf(key)
      const temporary = join(folder, 'incoming', randomUUID())
      try {
        await mkdir(dirname(temporary), { recursive: true, mode: 0o700 })
        await mkdir(dirname(target), { recursive: true, mode: 0o700 })
        const written = await copyTo(temporary, bytes, limit)
        await rename(temporary, target)
        await syncFolder(dirname(target))
        return written
      } catch (error) {
        bytes.destroy()
        await rm(temporary, { force: true })
        throw error
      }
    },
    read: (key) => createReadStream(pathOf(key)),
    async path(key) {
      await stat(pathOf(key))
      return pathOf(key)
    },
    delete: (key) => rm(pathOf(key), { force: true }),
    async check() {
      // Whoever asks for health may ask as often as they like; a trial costs a write.
      if (Date.now() - lastWritten < 1_000) return
      const probe = join(folder, 'incoming', randomUUID())
      try {
        await mkdir(dirname(probe), { recursive: true, mode: 0o700 })
        await writeFile(probe, 'x', { mode: 0o600 })
        lastWritten = Date.now()
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw new Error(`STORAGE_DIR ${folder} cannot be written to (${code})`, { cause: error })
      } finally {
        await rm(probe, { force: true }).catch(() => undefined)
      }
    },
    async deleteUnfinished(olderThanMilliseconds) {
      const names = await readdir(join(folder, 'incoming')).catch(ifMissing)
      const paths = names.map((name) => join(folder, 'incoming', name))
      const old = await Promise.all(paths.map((path) => isOlder(path, olderThanMilliseconds)))
      const dead = paths.filter((_path, index) => old[index])
      await Promise.all(dead.map((path) => rm(path, { force: true })))
      return dead.length
    },
    async list(prefix) {
      const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifMissing)
      return found
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .split(sep)
            .join('/'),
        )
        .filter((key) => key.startsWith(prefix) && !key.startsWith('incoming/'))
        .sort()
    },
  }
}

async function copyTo(path: string, bytes: Readable, limit: number): Promise<{ bytes: number; sha256: string }> {
  const file = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let count = 0
  try {
    for await (const chunk of inBlocks(bytes)) {
      count += chunk.length
      if (count > limit) throw coded('UPLOAD_TOO_LARGE', `The file is larger than ${limit} bytes`, { limit })
      hash.update(chunk)
      await file.write(chunk)
    }
    await file.sync()
  } catch (error) {
    throw asUploadError(error)
  } finally {
    await file.close()
  }
  return { bytes: count, sha256: hash.digest('hex') }
}

/** Compressors and sockets hand out some kilobytes at a time; waking a thread that writes them costs more than the writing. */
async function* inBlocks(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block: Buffer[] = []
  let size = 0
  for await (const chunk of bytes) {
    block.push(chunk)
    size += chunk.length
    if (size < blockBytes) continue
    yield Buffer.concat(block, size)
    block = []
    size = 0
  }
  if (size) yield Buffer.concat(block, size)
}
const blockBytes = 256 * 1024

/** The name is on disk too, not only the bytes: what comes next may remove the only other copy. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Whatever the stream of an upload fails with means that the bytes did not arrive; a disk that is full or away is ours. */
function asUploadError(error: unknown): unknown {
  const { code, name, status } = error as { code?: string; name?: string; status?: number }
  if ((error as { extensions?: unknown }).extensions || diskErrors.includes(code ?? '')) return error
  if (name === 'PayloadTooLargeError' || status === 413) return coded('UPLOAD_TOO_LARGE', 'The file is too large')
  return coded('UPLOAD_BROKEN', 'The upload ended before all of the file had arrived')
}

const diskErrors = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'ESTALE']

/** False also for a file that was finished meanwhile. */
async function isOlder(path: string, milliseconds: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && found.mtimeMs < Date.now() - milliseconds
}

function ifMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
