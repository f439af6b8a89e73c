import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { csvHeader, packageFiles, profiles, type ProfileId } from '../../oneroster/csv'
import { entityByFile } from '../../oneroster/model'
import { generateSample } from '../../sample/generateSample'
import { rosterFingerprint } from '../imports/smallRoster'
import { createImportHub, type ImportHub } from '../imports/support'
import { rowsOf, runExport, textsOf } from './support'

const generations: [ProfileId, string][] = [
  ['base-1.2', 'BASE_1_2'],
  ['base-1.2.1', 'BASE_1_2_1'],
  ['jp-2nd-edition', 'JP_2ND_EDITION'],
  ['jp-1.2.1', 'JP_1_2_1'],
  ['jp-k12-1.0', 'JP_K12_1_0'],
]

/** What was imported and exported again in the same generation is equal, row for row. */
describe.each(generations)('a district in %s', (id, name) => {
  const profile = profiles[id]
  let hub: ImportHub
  let path: string
  let sent: string
  beforeAll(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
    sent = join(hub.config.storageDir, 'sample.zip')
    const district = { students: 60, schools: 2, demographics: true, userProfiles: 0.5, guardians: 0.5 }
    await generateSample({ ...district, profile: id, out: sent })
    expect(await hub.run(await readFile(sent))).toMatchObject({ state: 'COMPLETED', profile: name })
  })
  afterAll(() => hub?.close())

  it('comes out as it went in, and the export imported again changes nothing', async () => {
    const { job, bytes, ...exported } = await runExport(hub, { profile: name })
    path = exported.path
    expect(job).toMatchObject({ state: 'COMPLETED', progress: 100, issues: [], mode: 'bulk', profile: name })
    for (const { file, rows } of job.files) {
      const [before, after] = [await rowsOf(sent, file), await rowsOf(path, file)]
      expect(after).toHaveLength(rows)
      expect(sorted(after)).toEqual(sorted(before))
    }
    expect(job.files.map(({ file }) => file).sort()).toEqual(
      Object.keys(await textsOf(sent))
        .filter(isData)
        .sort(),
    )
    const fingerprint = async () => (await hub.owner.query(rosterFingerprint)).rows
    const before = await fingerprint()
    const again = await hub.run(bytes, {}, job.fileName!)
    expect(again).toMatchObject({ state: 'COMPLETED', profile: name, issueCounts: [] })
    for (const { file, ...counts } of again.files) {
      expect({ file, ...counts }).toMatchObject({ created: 0, updated: 0, removed: 0, unchanged: counts.read })
    }
    expect(await fingerprint()).toEqual(before)
  })

  it('is written as the generation is: file order, headers, quotes, line ends, no BOM', async () => {
    const texts = await textsOf(path)
    const order = ['manifest.csv', ...packageFiles.map((file) => `${file}.csv`).filter((file) => file in texts)]
    expect(Object.keys(texts)).toEqual(order)
    for (const [file, text] of Object.entries(texts)) {
      const lines = text.split('\r\n')
      expect(lines.pop()).toBe('')
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\ufeff]/)
      if (profile.japanese) for (const line of lines) expect(line).toMatch(/^"([^"]|"")*"(,"([^"]|"")*")*$/)
      else expect(text).not.toMatch(/(^|,)"[^",\r\n]*"(,|\r)/m)
      if (!isData(file)) continue
      const header = csvHeader(profile, entityByFile.get(file)!)
      expect(lines[0]).toBe(header.map((column) => (profile.japanese ? `"${column}"` : column)).join(','))
    }
  })

  it('has a manifest that says what is there', async () => {
    const texts = await textsOf(path)
    const manifest = await rowsOf(path, 'manifest.csv')
    const value = (property: string) => manifest.find(({ propertyName }) => propertyName === property)?.value
    expect(value('manifest.version')).toBe('1.0')
    expect(value('oneroster.version')).toBe(id === 'jp-k12-1.0' ? '1.2_JP' : '1.2')
    for (const file of packageFiles) expect(value(`file.${file}`)).toBe(`${file}.csv` in texts ? 'bulk' : 'absent')
  })

  it('writes no parent of a school year as its generation does', async () => {
    const [session] = await rowsOf(path, 'academicSessions.csv')
    expect(session!['parentSourcedId']).toBe(id === 'jp-2nd-edition' ? 'NULL' : '')
  })
})

const isData = (file: string) => file !== 'manifest.csv'

function sorted(rows: Record<string, string>[]): Record<string, string>[] {
  return rows.map(withoutNull).sort((a, b) => (a['sourcedId']! < b['sourcedId']! ? -1 : 1))
}

/** The sample may write nothing where the word NULL means the same. */
function withoutNull(row: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, value === 'NULL' ? '' : value]))
}
