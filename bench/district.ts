import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPromise } from 'yauzl'
import { projectRoot } from '../platform/projectRoot'
import { generateSample } from '../sample/generateSample'
import { sampleFiles } from '../sample/packageFiles'
import { benchFolder } from './servers'

/** A synthetic district: the packages that are imported. */
export interface District {
  readonly students: number
  readonly bulk: string
  /** The same rows in other bytes, as the next night's package that changes nothing. */
  readonly unchanged: string
  /** What changed in about 1,000 rows. */
  readonly delta: string
  readonly rows: Readonly<Record<string, number>>
  readonly totalRows: number
}

/** Makes the packages, or finds them made by the same generator before. */
export async function provideDistrict(students: number): Promise<District> {
  const folder = path.join(benchFolder, 'districts', `${students}-${generatorKey()}`)
  const place = (name: string) => path.join(folder, name)
  if (!existsSync(place('district.json'))) {
    console.log(`Generating a district of ${students} students ...`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const summary = await generateSample({ students, out: place('bulk.zip') })
    await generateSample({ students, out: place('unchanged.zip'), date: '2026-04-02' })
    await generateSample({ deltaOf: place('bulk.zip'), changes: 1000, out: place('delta.zip') })
    const rows = Object.fromEntries(sampleFiles.map((file) => [file, summary[file]]))
    writeFileSync(place('district.json'), JSON.stringify(rows))
  }
  const rows = JSON.parse(readFileSync(place('district.json'), 'utf8')) as Record<string, number>
  const totalRows = Object.values(rows).reduce((sum, count) => sum + count, 0)
  return {
    students,
    bulk: place('bulk.zip'),
    unchanged: place('unchanged.zip'),
    delta: place('delta.zip'),
    rows,
    totalRows,
  }
}

/** Extracts the CSV files of a package; answers their paths by file name. */
export async function extractCsv(zip: string, folder: string): Promise<Map<string, string>> {
  mkdirSync(folder, { recursive: true })
  const files = new Map<string, string>()
  const reader = await openPromise(zip, { lazyEntries: true, autoClose: false })
  try {
    for await (const entry of reader.eachEntry()) {
      if (entry.fileName === 'manifest.csv') continue
      const target = path.join(folder, path.basename(entry.fileName))
      await pipeline(await reader.openReadStreamPromise(entry), createWriteStream(target))
      files.set(path.basename(entry.fileName), target)
    }
  } finally {
    reader.close()
  }
  return files
}

/** Another generator makes other districts. */
function generatorKey(): string {
  const hash = createHash('sha256')
  const compiled = path.join(projectRoot, 'dist', 'sample')
  const sources = readdirSync(compiled).filter((name) => name.endsWith('.js'))
  for (const source of [...sources.sort(), '../oneroster/csv.js'])
    hash.update(readFileSync(path.join(compiled, source)))
  return hash.digest('hex').slice(0, 12)
}
