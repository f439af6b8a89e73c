import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { directoryStorage, type Storage } from '../../subgraphs/imports/storage'

/** The contract of every storage; a new implementation is added to the list and passes as it stands. */
const implementations: [name: string, make: (folder: string) => Storage][] = [['a directory', directoryStorage]]

describe.each(implementations)('%s as storage', (_name, make) => {
  let folder: string
  let storage: Storage
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rosterhub-storage-'))
    storage = make(folder)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const streamOf = (...chunks: (string | Error)[]) =>
    Readable.from(
      (function* () {
        for (const chunk of chunks) {
          if (chunk instanceof Error) throw chunk
          yield Buffer.from(chunk)
        }
      })(),
      { objectMode: false },
    )
  const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

  test('keeps what was written, and tells its size and SHA-256', async () => {
    const written = await storage.write('uploads/1/a', streamOf('roster ', 'bytes'), 100)
    expect(written).toEqual({ bytes: 12, sha256: createHash('sha256').update('roster bytes').digest('hex') })
    expect((await buffer(storage.read('uploads/1/a'))).toString()).toBe('roster bytes')
    expect(await readFile(await storage.path('uploads/1/a'), 'utf8')).toBe('roster bytes')
  })

  test('a file of exactly the limit fits, one byte more does not and leaves nothing', async () => {
    await storage.write('uploads/1/fits', streamOf('1234'), 4)
    await expect(storage.write('uploads/1/more', streamOf('1234', '5'), 4)).rejects.toMatchObject({
      extensions: { code: 'UPLOAD_TOO_LARGE' },
    })
    expect(await storage.list('uploads/')).toEqual(['uploads/1/fits'])
    expect(files()).toHaveLength(1)
  })

  test('a stream that breaks leaves nothing', async () => {
    await expect(storage.write('uploads/1/a', streamOf('half', new Error('cut')), 100)).rejects.toMatchObject({
      extensions: { code: 'UPLOAD_BROKEN' },
    })
    expect(files()).toEqual([])
  })

  test('a stream that breaks before its first byte is read leaves nothing, and the process goes on', async () => {
    const bytes = streamOf('never read')
    const refused = expect(storage.write('uploads/1/a', bytes, 100)).rejects.toMatchObject({
      extensions: { code: 'UPLOAD_BROKEN' },
    })
    bytes.destroy(new Error('cut'))
    await refused
    expect(files()).toEqual([])
  })

  test('lists by prefix, deletes, and deletes again without complaint', async () => {
    for (const key of ['uploads/1/b', 'uploads/1/a', 'uploads/2/c']) await storage.write(key, streamOf('x'), 10)
    expect(await storage.list('uploads/1/')).toEqual(['uploads/1/a', 'uploads/1/b'])
    await storage.delete('uploads/1/a')
    await storage.delete('uploads/1/a')
    expect(await storage.list('')).toEqual(['uploads/1/b', 'uploads/2/c'])
    await expect(storage.path('uploads/1/a')).rejects.toThrow()
  })

  test('deletes what a writer that died has left, once it is old, and nothing else', async () => {
    await storage.write('uploads/1/a', streamOf('x'), 10)
    const left = join(folder, 'incoming', 'half')
    writeFileSync(left, 'half')
    expect(await storage.deleteUnfinished(60_000)).toBe(0)
    utimesSync(left, new Date(0), new Date(Date.now() - 61_000))
    expect(await storage.deleteUnfinished(60_000)).toBe(1)
    expect(files().map(({ name }) => name)).toEqual(['a'])
  })

  test('says whether it can be written to, and leaves nothing of its trial', async () => {
    await storage.check()
    expect(files()).toEqual([])
    const file = join(folder, 'a file')
    writeFileSync(file, '')
    await expect(make(file).check()).rejects.toThrow(`STORAGE_DIR ${file} cannot be written to (ENOTDIR)`)
  })

  test('a key cannot lead out of the storage', async () => {
    for (const key of ['../x', 'a/../../x', '/etc/x', 'a//b', '']) {
      await expect(storage.write(key, streamOf('x'), 10)).rejects.toThrow('not a storage key')
    }
  })
})
