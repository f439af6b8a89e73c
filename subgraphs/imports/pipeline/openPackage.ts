import { open } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { open as openZip, type Entry, type ZipFile } from 'yauzl'
import { packageFiles } from '../../../oneroster/csv'
import type { IssueCodeName } from '../../../oneroster/issueCodes'
import { PackageRefused, type Run } from './job'
import type { Issues } from './issues'
import { CsvBroken } from './quoteGuard'
import { readRows, type CsvRow } from './readCsv'
import { fileOfHeader, isSdsHeader } from './recognisePackage'
import { DamagedEntry, verifyBytes } from './verifyBytes'

/** The files of a package by name. `isZip` is false for a single CSV, which has no manifest. */
export interface Package {
  readonly isZip: boolean
  readonly files: ReadonlyMap<string, PackedFile>
  close(): void
}
export interface PackedFile {
  readonly name: string
  /** Size when unpacked. */
  readonly bytes: number
  open(): Promise<Readable>
}

/** Bounds of what is unpacked: a roster compresses five to twenty times, and 1.2 million enrollments are 300 MB. */
export const packageLimits = { entries: 64, fileBytes: 8 * 1024 ** 3, ratio: 200, ratioMatters: 16 * 1024 ** 2 }

/**
 * Step 1: the uploaded bytes as named files (CSV Binding 1.2, package): all at the root, nothing encrypted, nothing absurd. Nothing is
 * unpacked to disk; entries are read as streams. Throws PackageRefused after saying why in the issues.
 */
export async function openPackage({ storage, job, issues }: Run): Promise<Package> {
  const path = await storage.path(job.storageKey)
  const magic = await firstBytes(path, 4)
  if (magic.equals(Buffer.from('PK\x03\x04')) || magic.equals(Buffer.from('PK\x05\x06')))
    return openArchive(path, issues)
  const name = job.fileName.split(/[\\/]/).at(-1) ?? ''
  const isNamed = packageFiles.some((file) => name === `${file}.csv`)
  if (!magic.length) return refuse(issues, 'package.notZip')
  // What Excel saved before .xlsx, and what it saves under a password.
  if (magic.equals(Buffer.from('d0cf11e0', 'hex'))) return refuse(issues, 'package.excel')
  return singleCsv(path, await nameByHeader(path, isNamed ? name : undefined, issues))
}

/** The name of the standard for a single CSV: its own, or else what its header says it is. */
async function nameByHeader(path: string, name: string | undefined, issues: Issues): Promise<string> {
  const read = await readRows(createReadStream(path), 1).catch((error: unknown) => error)
  const header = Array.isArray(read) ? (read as CsvRow[])[0]?.cells : undefined
  if (header && isSdsHeader(header)) return refuse(issues, 'package.microsoftSds')
  const found = name ?? (header && fileOfHeader(header))
  if (found) return found
  const code = read instanceof CsvBroken ? read.code : undefined
  return refuse(issues, code === 'row.shiftJis' || code === 'row.utf16' ? code : 'package.notZip')
}

async function openArchive(path: string, issues: Issues): Promise<Package> {
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    openZip(path, { autoClose: false, lazyEntries: true, strictFileNames: true }, (error, file) =>
      error ? reject(error) : resolve(file),
    ),
  ).catch(() => refuse(issues, 'package.damaged'))
  try {
    const files = new Map<string, PackedFile>()
    const entries = await readEntries(zip, issues)
    const isWorkbook = entries.some(({ fileName }) => fileName === '[Content_Types].xml')
    if (isWorkbook) return refuse(issues, 'package.excel')
    tellOnce(issues, (add) => entries.forEach((entry) => addEntry(zip, entry, files, add)))
    if (issues.errors) throw new PackageRefused()
    return { isZip: true, files, close: () => zip.close() }
  } catch (error) {
    zip.close()
    throw error
  }
}

async function readEntries(zip: ZipFile, issues: Issues): Promise<Entry[]> {
  if (zip.entryCount > packageLimits.entries) {
    issues.add('package.tooManyEntries', {}, { count: zip.entryCount, limit: packageLimits.entries })
    throw new PackageRefused()
  }
  return new Promise<Entry[]>((resolve, reject) => {
    const entries: Entry[] = []
    zip.on('entry', (entry: Entry) => {
      entries.push(entry)
      zip.readEntry()
    })
    zip.once('end', () => resolve(entries))
    zip.once('error', reject)
    zip.readEntry()
  }).catch((error: Error) =>
    refuse(
      issues,
      /fileName|characters in|absolute path|relative path/.test(error.message)
        ? 'package.entryName'
        : 'package.damaged',
    ),
  )
}

/** What entries have in common is one thing to mend: a sentence, and how many they are. */
function tellOnce(issues: Issues, work: (add: Issues['add']) => void): void {
  const told = new Map<string, { args: Parameters<Issues['add']>; count: number }>()
  work((...args) => {
    const one = told.get(JSON.stringify(args)) ?? { args, count: 0 }
    told.set(JSON.stringify(args), { args, count: one.count + 1 })
  })
  for (const { args, count } of told.values()) issues.addMany(args[0], args[1] ?? {}, args[2] ?? {}, count, [])
}

function addEntry(zip: ZipFile, entry: Entry, files: Map<string, PackedFile>, add: Issues['add']): void {
  const name = entry.fileName
  // A folder's own entry is harmless; a file in it is told below.
  if (/^__MACOSX(\/|$)|(^|\/)(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$|\/$/.test(name)) {
    add('package.ignoredEntry')
    return
  }
  // The name may hold anything; it is not repeated in an issue unless it is one of the standard's.
  if (/[\\/]/.test(name)) return add('package.entryName')
  if (entry.isEncrypted()) return add('package.encrypted')
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) return add('package.compression')
  if (files.has(name)) return add('package.duplicateEntry', { file: name })
  const { fileBytes, ratio, ratioMatters } = packageLimits
  if (entry.uncompressedSize > fileBytes) return add('package.tooLarge', {}, { limit: fileBytes })
  if (entry.uncompressedSize > ratioMatters && entry.uncompressedSize > ratio * entry.compressedSize) {
    return add('package.ratio', {}, { limit: ratio })
  }
  files.set(name, { name, bytes: entry.uncompressedSize, open: () => openEntry(zip, entry) })
}

/** yauzl holds the entry to the size it announced, so that inflation is bounded; the checksum is compared here. */
async function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  const verified = verifyBytes(entry.uncompressedSize, entry.crc32)
  const stream = await zip.openReadStreamPromise(entry).catch(() => {
    throw new DamagedEntry()
  })
  stream.once('error', () => verified.destroy(new DamagedEntry()))
  verified.once('close', () => stream.destroy())
  return stream.pipe(verified)
}

async function singleCsv(path: string, name: string): Promise<Package> {
  const handle = await open(path)
  const { size } = await handle.stat()
  await handle.close()
  const file = { name, bytes: size, open: async () => createReadStream(path) }
  return { isZip: false, files: new Map([[name, file]]), close: () => undefined }
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

function refuse(issues: Issues, code: IssueCodeName): never {
  issues.add(code)
  throw new PackageRefused()
}
