import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { deflateRawSync, crc32 } from 'node:zlib'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, csvOf, packageOf, type ImportHub } from '../imports/support'
import { countAttacks } from './attacks'

/** Threat: an archive that unpacks to more than there is room for, to where it must not, or to something else than it says. */
describe('hostile packages', () => {
  const attacks = countAttacks('hostile packages')
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
  })
  afterAll(async () => {
    await hub?.close()
    attacks.report()
  })

  const csv = csvOf('orgs.csv', smallRoster()['orgs.csv']!)
  const normal = (name: string, content = csv): Entry => ({ name, content: Buffer.from(content) })
  const zeros = Buffer.alloc(64 * 1024 ** 2)

  const packages: Record<string, () => Buffer> = {
    'a path upwards': () => zip([normal('../../rosterhub-pwned.csv')]),
    'a path upwards behind a folder': () => zip([normal('a/../../rosterhub-pwned.csv')]),
    'an absolute path': () => zip([normal('/tmp/rosterhub-pwned.csv')]),
    'a path of Windows': () => zip([normal('..\\..\\rosterhub-pwned.csv')]),
    'a drive of Windows': () => zip([normal('C:\\rosterhub-pwned.csv')]),
    'a name with NUL': () => zip([normal('orgs.csv\0.png')]),
    'a name that is empty': () => zip([normal('')]),
    'a folder': () => zip([normal('orgs.csv/')]),
    'a symbolic link': () => zip([{ ...normal('orgs.csv', '/etc/passwd'), mode: 0o120777 }]),
    'a name without end': () => zip([normal('a'.repeat(60_000))]),
    'the same name twice': () => zip([normal('orgs.csv'), normal('orgs.csv')]),
    'names that differ by case': () => zip([normal('orgs.csv'), normal('ORGS.csv')]),
    'another name in the entry than in the directory': () => zip([{ ...normal('orgs.csv'), localName: '../x.csv' }]),
    'a bomb': () => zip([{ name: 'users.csv', content: zeros }]),
    'a bomb that says it is small': () => zip([{ name: 'users.csv', content: zeros, saidBytes: 100 }]),
    'a bomb as the manifest': () => zip([{ name: 'manifest.csv', content: zeros }]),
    'an archive in an archive': () => zip([{ name: 'orgs.csv', content: zip([{ name: 'a', content: zeros }]) }]),
    'entries that share their bytes': () =>
      zip(Array.from({ length: 60 }, (_v, n) => ({ name: `f${n}`, content: zeros, sameAsFirst: n > 0 }))),
    'ten thousand entries': () => zip(Array.from({ length: 10_000 }, (_v, n) => normal(`f${n}.csv`, 'a'))),
    'a wrong checksum': () => zip([{ ...normal('orgs.csv'), crc: 1 }]),
    encryption: () => zip([{ ...normal('orgs.csv'), flags: 1 }]),
    'a method nobody knows': () => zip([{ ...normal('orgs.csv'), method: 99 }]),
    'a size that is not there': () => zip([{ ...normal('orgs.csv'), saidBytes: 0xfffffff0 }]),
    'a directory that says too many': () => patched(zip([normal('orgs.csv')]), -22 + 10, 5_000),
    'a directory beyond the end': () => patched(zip([normal('orgs.csv')]), -22 + 16, 0x7fffffff),
    'nothing but an end': () => zip([]),
    'half an archive': () => zip([normal('orgs.csv')]).subarray(0, 60),
    'no bytes': () => Buffer.alloc(0),
    noise: () => Buffer.from(Array.from({ length: 5_000 }, (_v, n) => (n * 7919) % 251)),
    'a program': () => Buffer.from('#!/bin/sh\ntouch /tmp/rosterhub-pwned.csv\n'),
  }

  it.each(Object.entries(packages))('are refused with a reason: %s', async (what, make) => {
    const memory = process.memoryUsage().rss
    const job = await hub.run(make(), { onError: 'SKIP' })
    const codes = job.issueCounts.map(({ code }) => code)
    const isTold = codes.length > 0 && codes.every((code) => /^(package|manifest|header|row)\./.test(code))
    const grew = process.memoryUsage().rss - memory
    const escaped = ['/tmp', path.dirname(hub.config.storageDir), '/'].some((folder) =>
      existsSync(path.join(folder, 'rosterhub-pwned.csv')),
    )
    attacks.tried(what, job.state === 'REJECTED' && isTold && !escaped && grew < 500 * 1024 ** 2, [
      job.state,
      codes,
      grew,
    ])
  })

  it('come under any file name and land under one of ours', async () => {
    for (const name of [
      '../../rosterhub-pwned.zip',
      '/etc/passwd',
      'a\0.zip',
      'CON',
      '..',
      '.',
      'x'.repeat(5_000),
      'a\r\nb.zip',
    ]) {
      const job = await hub.run(
        await packageOf({ 'orgs.csv': [] as Record<string, string>[] }),
        {},
        name.replaceAll('\0', ''),
      )
      const stored = await readdir(hub.config.storageDir, { recursive: true })
      const ours = stored.every((entry) => /^(uploads|incoming)([/\\](\d+|[\w-]{36})){0,2}$/.test(entry))
      attacks.tried(`file name ${name.slice(0, 40)}`, ours && job.state !== 'FAILED', [job.state, stored])
    }
  })

  it('leave the worker able to import', async () => {
    expect((await hub.run(await packageOf(smallRoster()))).state).toBe('COMPLETED')
  })
})

interface Entry {
  readonly name: string
  readonly content: Buffer
  readonly localName?: string
  readonly saidBytes?: number
  readonly crc?: number
  readonly flags?: number
  readonly method?: number
  readonly mode?: number
  /** Points at the bytes of the first entry. */
  readonly sameAsFirst?: boolean
}

/** An archive as an attacker writes it: whatever is said stands there, true or not (ZIP APPNOTE 4.3). */
function zip(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { name, content, localName = name, flags = 0, method = 8, mode = 0o100644 } = entry
    const whole = packedOf(content)
    const packed = entry.sameAsFirst ? Buffer.alloc(0) : whole.bytes
    const size = whole.bytes.length
    const said = entry.saidBytes ?? content.length
    const crc = entry.crc ?? whole.crc
    const common = (buffer: Buffer, at: number, nameBytes: Buffer) => {
      buffer.writeUInt16LE(20, at)
      buffer.writeUInt16LE(flags, at + 2)
      buffer.writeUInt16LE(method, at + 4)
      buffer.writeUInt32LE(crc, at + 10)
      buffer.writeUInt32LE(size, at + 14)
      buffer.writeUInt32LE(said, at + 18)
      buffer.writeUInt16LE(nameBytes.length, at + 22)
    }
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    common(local, 4, Buffer.from(localName))
    const central = Buffer.alloc(46)
    central.writeUInt32LE(0x02014b50, 0)
    central.writeUInt16LE(0x0314, 4)
    common(central, 6, Buffer.from(name))
    central.writeUInt32LE((mode << 16) >>> 0, 38)
    central.writeUInt32LE(entry.sameAsFirst ? 0 : offset, 42)
    directory.push(central, Buffer.from(name))
    if (entry.sameAsFirst) continue
    parts.push(local, Buffer.from(localName), packed)
    offset += 30 + Buffer.byteLength(localName) + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listed, end])
}

/** Large contents are used again and again. */
const packedContents = new Map<Buffer, { bytes: Buffer; crc: number }>()
function packedOf(content: Buffer): { bytes: Buffer; crc: number } {
  const packed = packedContents.get(content) ?? { bytes: deflateRawSync(content), crc: crc32(content) }
  if (content.length > 1024 ** 2) packedContents.set(content, packed)
  return packed
}

function patched(bytes: Buffer, fromEnd: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  if (value > 0xffff) copy.writeUInt32LE(value, copy.length + fromEnd)
  else copy.writeUInt16LE(value, copy.length + fromEnd)
  return copy
}
