import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readZip } from '../../../test/support/readPackage'
import { until } from '../../../test/support/until'
import { zipStream, type ZipEntry } from './zipStream'

describe('a package written as a stream', () => {
  let folder: string
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'zip-'))))
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function written(entries: ZipEntry[], modified = new Date('2026-04-01T09:30:02Z')) {
    const path = join(folder, 'package.zip')
    await pipeline(zipStream(entries, modified), createWriteStream(path))
    return readZip(path)
  }

  it('comes out as it went in: names, times, empty files, pieces of any size, files of several blocks', async () => {
    const large = Buffer.from(Array.from({ length: 120_000 }, (_, index) => `"${index * 7919}","名簿",""\r\n`).join(''))
    async function* pieces() {
      for (let at = 0; at < large.length; at += 70_001) yield large.subarray(at, at + 70_001)
    }
    const entries = await written([
      { name: 'manifest.csv', bytes: () => [Buffer.from('a,b\r\n')] },
      { name: 'empty.csv', bytes: () => [] },
      { name: '名簿.csv', bytes: pieces },
      { name: 'last.csv', bytes: () => [Buffer.from('x'), Buffer.alloc(0), Buffer.from('y')] },
    ])
    expect(entries.map(({ name }) => name)).toEqual(['manifest.csv', 'empty.csv', '名簿.csv', 'last.csv'])
    expect(entries.map(({ bytes }) => bytes.length)).toEqual([5, 0, large.length, 2])
    expect(entries[2]!.bytes.equals(large)).toBe(true)
    for (const { modified } of entries) expect(modified.toISOString()).toBe('2026-04-01T09:30:02.000Z')
  })

  it('asks for the bytes of a file when its turn has come, one file after the other', async () => {
    const order: string[] = []
    const entry = (name: string): ZipEntry => ({
      name,
      async *bytes() {
        order.push(`${name} begins`)
        yield Buffer.from(name)
        order.push(`${name} ends`)
      },
    })
    await written([entry('a'), entry('b')])
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })

  it('ends with the error of a file, and a reader that goes away ends the file', async () => {
    async function* broken() {
      yield Buffer.from('some')
      throw new Error('the source broke')
    }
    await expect(written([{ name: 'a', bytes: broken }])).rejects.toThrow('the source broke')

    let ended = false
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(100_000, 'x')
      } finally {
        ended = true
      }
    }
    for await (const _block of zipStream([{ name: 'a', bytes: endless }], new Date())) break
    await until('the file has ended', () => ended)
  })
})
