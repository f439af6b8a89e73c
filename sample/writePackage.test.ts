import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { readZip } from '../test/support/readPackage'
import { until } from '../test/support/until'
import { streamPackage, writePackage } from './writePackage'

const chunkSize = 65_536
const folder = mkdtempSync(join(tmpdir(), 'sample-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Chunks that do not compress, so that what is made and what is written can be compared. */
function* incompressible(count: number, onChunk: (bytes: number) => void) {
  for (let chunk = 0; chunk < count; chunk++) {
    onChunk(chunkSize)
    yield randomBytes(chunkSize)
  }
}

test('rows are made no faster than a slow destination takes them', async () => {
  let [made, taken, mostHeld] = [0, 0, 0]
  const release: (() => void)[] = []
  const slow = new Writable({
    write(chunk: Buffer, _encoding, done) {
      taken += chunk.length
      mostHeld = Math.max(mostHeld, made - taken)
      if (taken > 4_000_000 && release.length === 0) release.push(done)
      else done()
    },
  })
  const chunks = incompressible(200, (bytes) => (made += bytes))
  const written = streamPackage(slow, [{ name: 'a.csv', chunks }], '2026-04-01')
  await until('the destination is blocked', () => release.length > 0)
  let before = 0
  const standsStill = () => {
    const isStill = made === before
    before = made
    return isStill
  }
  await until('no more rows are made', standsStill, 300)
  expect(made - taken).toBeLessThan(2_000_000)
  release[0]!()
  await written
  expect(made).toBe(200 * chunkSize)
  expect(mostHeld).toBeLessThan(2_000_000)
})

test('when rows cannot be made, the error comes out and no file is left', async () => {
  const path = join(folder, 'broken.zip')
  function* broken() {
    yield Buffer.from('a,b\r\n')
    throw new Error('no more rows')
  }
  await expect(writePackage(path, [{ name: 'a.csv', chunks: broken() }], '2026-04-01')).rejects.toThrow('no more rows')
  expect(readdirSync(folder)).toEqual([])
})

test('files stand in the given order with the given date, in every time zone', async () => {
  const path = join(folder, 'order.zip')
  const entries = ['b.csv', 'a.csv'].map((name) => ({ name, chunks: [Buffer.from(`${name}\r\n`)] }))
  const bytes = await writePackage(path, entries, '2026-04-01')
  expect(bytes).toBeGreaterThan(100)
  const read = await readZip(path)
  expect(read.map(({ name, bytes }) => [name, bytes.toString()])).toEqual([
    ['b.csv', 'b.csv\r\n'],
    ['a.csv', 'a.csv\r\n'],
  ])
  for (const { modified } of read) expect(modified).toEqual(new Date(2026, 3, 1))
})
