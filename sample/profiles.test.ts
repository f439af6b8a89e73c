import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { csvHeader, packageFiles, profiles, type ProfileId } from '../oneroster/csv'
import { entityByFile } from '../oneroster/model'
import { compileRowCheck } from '../oneroster/validate'
import { parseCsv, readZip } from '../test/support/readPackage'
import { generateSample } from './generateSample'

type Row = Record<string, string>
const folder = mkdtempSync(join(tmpdir(), 'sample-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function make(profile: ProfileId, name: string = profile, seed = '1') {
  const out = join(folder, `${name}.zip`)
  await generateSample({ students: 90, profile, seed, guardians: 0.5, demographics: true, userProfiles: 0.5, out })
  return out
}

async function filesOf(profile: ProfileId) {
  return new Map((await readZip(await make(profile))).map(({ name, bytes }) => [name, bytes]))
}

const base = ['base-1.2', 'base-1.2.1'] as const
const japanese = ['jp-2nd-edition', 'jp-1.2.1', 'jp-k12-1.0'] as const
const kana = 'metadata.jp.kanaGivenName,metadata.jp.kanaFamilyName,metadata.jp.kanaMiddleName,metadata.jp.homeClass'
const preferred =
  'metadata.jp.kanaPreferredFamilyName,metadata.jp.kanaPreferredGivenName,metadata.jp.kanaPreferredMiddleName'

/** The ends of the three headers in which generations differ, written down by hand. */
const headerEnds: Record<ProfileId, { users: string; enrollments: string }> = {
  'base-1.2': {
    users:
      'userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns',
    enrollments: 'primary,beginDate,endDate',
  },
  'base-1.2.1': {
    users:
      'userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns',
    enrollments: 'primary,beginDate,endDate',
  },
  'jp-2nd-edition': {
    users: `userMasterIdentifier,resourceSourcedIds,preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns,${kana}`,
    enrollments: 'endDate,metadata.jp.ShussekiNo,metadata.jp.PublicFlg',
  },
  'jp-1.2.1': {
    users: `primaryOrgSourcedId,pronouns,${kana},${preferred}`,
    enrollments: 'endDate,metadata.jp.ShussekiNo,metadata.jp.PublicFlg',
  },
  'jp-k12-1.0': {
    users: `primaryOrgSourcedId,pronouns,${kana},${preferred}`,
    enrollments: 'endDate,metadata.jp.shussekiNo,metadata.jp.publicFlg',
  },
}

/** What the row rules of the import have to say about each file, by severity and code. */
function findingsIn(files: ReadonlyMap<string, Row[]>, profile: ProfileId, mode: 'bulk' | 'delta') {
  return [...files].flatMap(([name, rows]) => {
    const entity = entityByFile.get(name)
    if (!entity) return []
    const header = csvHeader(profiles[profile], entity)
    const check = compileRowCheck(entity, { mode, profile: profiles[profile], header })
    return rows
      .flatMap((row) => check(header.map((column) => row[column]!)) ?? [])
      .map((finding) => ({ name, ...finding }))
  })
}

describe.each(Object.keys(profiles) as ProfileId[])('%s', (profile) => {
  let files: Map<string, Buffer>
  beforeAll(async () => void (files = await filesOf(profile)))

  test('headers are those of the generation', () => {
    const headerOf = (file: string) => files.get(file)!.toString().split('\r\n')[0]!.replaceAll('"', '')
    expect(headerOf('users.csv')).toMatch(new RegExp(`^sourcedId,status,.*,${headerEnds[profile].users}$`))
    expect(headerOf('enrollments.csv')).toMatch(new RegExp(`^sourcedId,status,.*,${headerEnds[profile].enrollments}$`))
    expect(headerOf('classes.csv').endsWith('metadata.jp.specialNeeds')).toBe(profiles[profile].japanese)
  })

  test('the manifest names all 21 files in order and agrees with what is there', async () => {
    const rows = await parseCsv(files.get('manifest.csv')!)
    const value = new Map(rows.map((row) => [row.propertyName, row.value]))
    expect(rows.slice(2, 23).map((row) => row.propertyName)).toEqual(packageFiles.map((file) => `file.${file}`))
    expect(value.get('manifest.version')).toBe('1.0')
    expect(value.get('oneroster.version')).toBe(profile === 'jp-k12-1.0' ? '1.2_JP' : '1.2')
    const bulk = packageFiles.filter((file) => value.get(`file.${file}`) === 'bulk')
    expect(bulk.map((file) => `${file}.csv`).sort()).toEqual(
      [...files.keys()].filter((name) => name !== 'manifest.csv').sort(),
    )
    expect(bulk).toHaveLength(9)
  })

  test('lines end with CRLF, there is no BOM, no half-width kana and no empty file', () => {
    for (const bytes of files.values()) {
      const text = bytes.toString('utf8')
      expect(text).toMatch(/^"?(sourcedId|propertyName)/)
      expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\uff61-\uff9f\ufffd]/)
      expect(text.endsWith('\r\n')).toBe(true)
      expect(text.split('\r\n').length).toBeGreaterThan(2)
    }
  })

  test('the rules of the import find nothing in any row, nor in those of a delta', async () => {
    const out = join(folder, `${profile}-delta.zip`)
    await generateSample({ deltaOf: join(folder, `${profile}.zip`), changes: 60, out })
    const parse = async (entries: Iterable<[string, Buffer]>) =>
      new Map(await Promise.all(Array.from(entries, async ([name, bytes]) => [name, await parseCsv(bytes)] as const)))
    expect(findingsIn(await parse(files), profile, 'bulk')).toEqual([])
    const delta = (await readZip(out)).map(({ name, bytes }): [string, Buffer] => [name, bytes])
    expect(findingsIn(await parse(delta), profile, 'delta')).toEqual([])
  })

  test('bulk rows have neither status nor dateLastModified', async () => {
    for (const [name, bytes] of files) {
      if (name === 'manifest.csv') continue
      for (const row of await parseCsv(bytes)) expect([row.status, row.dateLastModified]).toEqual(['', ''])
    }
  })
})

test.each(japanese)('%s: every value is quoted, the empty ones and the header too', async (profile) => {
  for (const bytes of (await filesOf(profile)).values()) {
    for (const line of bytes.toString().split('\r\n').slice(0, -1)) expect(line).toMatch(/^"[^"]*"(,"[^"]*")*$/)
  }
})

test.each(base)('%s: only what needs quotes has them', async (profile) => {
  const orgs = (await filesOf(profile)).get('orgs.csv')!.toString()
  expect(orgs).not.toContain('"')
  expect((await filesOf(profile)).get('courses.csv')!.toString()).toContain('"P1,P2,P3,P4,P5,P6"')
})

test('the session is counted as each standard counts it; NULL stands where the 第2版 wants it and nowhere else', async () => {
  const session = async (profile: ProfileId) => {
    const [row] = await parseCsv((await filesOf(profile)).get('academicSessions.csv')!)
    return [row!.title, row!.startDate, row!.endDate, row!.schoolYear, row!.parentSourcedId]
  }
  expect(await session('jp-k12-1.0')).toEqual(['2026年度', '2026-04-01', '2027-03-31', '2026', ''])
  expect(await session('jp-2nd-edition')).toEqual(['2026年度', '2026-04-01', '2027-03-31', '2026', 'NULL'])
  expect(await session('base-1.2.1')).toEqual(['2026年度', '2026-04-01', '2027-04-01', '2027', ''])
})

test('importers of the 第2版 find a homeClass for everybody', async () => {
  const users = await parseCsv((await filesOf('jp-2nd-edition')).get('users.csv')!)
  expect(users.filter((user) => !user['metadata.jp.homeClass'])).toEqual([])
})

test('the same options give the same bytes, another seed gives other people', async () => {
  const [first, second] = [await make('jp-k12-1.0', 'first'), await make('jp-k12-1.0', 'second')]
  expect(readFileSync(first).equals(readFileSync(second))).toBe(true)
  const other = await make('jp-k12-1.0', 'other', '2')
  const ids = async (path: string) =>
    (await parseCsv((await readZip(path)).find(({ name }) => name === 'users.csv')!.bytes)).map((row) => row.sourcedId)
  const known = new Set(await ids(first))
  expect((await ids(other)).filter((id) => known.has(id))).toEqual([])
})

test.each([
  [{ students: 0 }, /--students must be a whole number from 1/],
  [{ students: 10, schools: 11 }, /--schools must be a whole number from 1 to 10, not 11/],
  [{ students: 10, profile: 'jp-3' as ProfileId }, /--profile must be one of .*jp-k12-1\.0.*, not jp-3/],
  [{ students: 10, guardians: 1.5 }, /--guardians must be a share from 0 to 1, not 1.5/],
  [{ students: 10, date: '2026-02-30' }, /--date must be a day/],
  [{ students: 10, changes: 3 }, /--changes needs --delta-of/],
])('%j is refused and says why', async (options, message) => {
  await expect(generateSample({ ...options, out: join(folder, 'never.zip') })).rejects.toThrow(message)
})

test('one student is a district too', async () => {
  const summary = await generateSample({ students: 1, out: join(folder, 'one.zip') })
  expect(summary).toMatchObject({ classes: 6, courses: 8, enrollments: 6 + 9 })
})
