import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPackage, readZip, type ReadEntry } from '../test/support/readPackage'
import { generateSample } from './generateSample'
import { schoolCheckDigit } from './schoolCode'

/** npm run sample -- --students 280 --schools 3 --guardians 0.8 --demographics --userProfiles 0.25 --out sample/district.zip */
const checkedIn = { students: 280, schools: 3, guardians: 0.8, demographics: true, userProfiles: 0.25 }
const path = join(__dirname, 'district.zip')

type Row = Record<string, string>
let rowsOf: (file: string) => Row[]
const folder = mkdtempSync(join(tmpdir(), 'sample-'))
beforeAll(async () => void (rowsOf = await readPackage(path)))
afterAll(() => rmSync(folder, { recursive: true }))

const items = (cell: string | undefined) => (cell ? cell.split(',') : [])
const idsOf = (file: string) => new Set(rowsOf(file).map((row) => row.sourcedId))
const byId = (file: string) => new Map(rowsOf(file).map((row) => [row.sourcedId, row]))

test('the checked-in district is what the generator makes now, file by file and byte by byte', async () => {
  const out = join(folder, 'now.zip')
  await generateSample({ ...checkedIn, out })
  // Compressed bytes differ between builds of zlib; what is in the files, their names, order and dates must not.
  const [now, then] = [await readZip(out), await readZip(path)]
  const outside = ({ name, modified, bytes }: ReadEntry) => ({ name, modified, size: bytes.length })
  expect(now.map(outside)).toEqual(then.map(outside))
  expect(now.filter(({ bytes }, index) => !bytes.equals(then[index]!.bytes)).map(({ name }) => name)).toEqual([])
})

test('it has three schools, one of each kind, and about 600 users', () => {
  const schools = rowsOf('orgs').filter(({ type }) => type === 'school')
  expect(schools.map(({ identifier }) => identifier!.slice(0, 2))).toEqual(['B1', 'C1', 'D1'])
  expect(Math.abs(rowsOf('users').length - 600)).toBeLessThan(50)
  expect(rowsOf('userProfiles').length).toBeGreaterThan(20)
  expect(rowsOf('demographics')).toHaveLength(280)
})

test.each([
  ['courses', 'schoolYearSourcedId', 'academicSessions'],
  ['courses', 'orgSourcedId', 'orgs'],
  ['classes', 'courseSourcedId', 'courses'],
  ['classes', 'schoolSourcedId', 'orgs'],
  ['classes', 'termSourcedIds', 'academicSessions'],
  ['users', 'agentSourcedIds', 'users'],
  ['users', 'primaryOrgSourcedId', 'orgs'],
  ['users', 'metadata.jp.homeClass', 'classes'],
  ['roles', 'userSourcedId', 'users'],
  ['roles', 'orgSourcedId', 'orgs'],
  ['roles', 'userProfileSourcedId', 'userProfiles'],
  ['userProfiles', 'userSourcedId', 'users'],
  ['demographics', 'sourcedId', 'users'],
  ['enrollments', 'classSourcedId', 'classes'],
  ['enrollments', 'schoolSourcedId', 'orgs'],
  ['enrollments', 'userSourcedId', 'users'],
])('%s.%s refers to %s, and is used', (file, column, target) => {
  const known = idsOf(target)
  const references = rowsOf(file).flatMap((row) => items(row[column]))
  expect(references.length).toBeGreaterThan(0)
  expect(references.filter((id) => !known.has(id))).toEqual([])
})

test('sourcedIds are UUIDs of version 4, each once in its file', () => {
  for (const file of [
    'orgs',
    'academicSessions',
    'courses',
    'classes',
    'users',
    'roles',
    'userProfiles',
    'enrollments',
  ]) {
    const ids = rowsOf(file).map((row) => row.sourcedId)
    expect(
      ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id!)),
    ).toEqual([])
    expect(new Set(ids).size).toBe(ids.length)
  }
})

test('school codes have the right check digit, and classes and enrollments belong to schools only', () => {
  const schools = rowsOf('orgs').filter(({ type }) => type === 'school')
  for (const { identifier } of schools)
    expect(identifier!.at(-1)).toBe(String(schoolCheckDigit(identifier!.slice(0, 12))))
  const schoolIds = new Set(schools.map(({ sourcedId }) => sourcedId))
  const classes = byId('classes')
  for (const { schoolSourcedId } of rowsOf('classes')) expect(schoolIds).toContain(schoolSourcedId)
  for (const { schoolSourcedId, classSourcedId } of rowsOf('enrollments')) {
    expect(classes.get(classSourcedId)!.schoolSourcedId).toBe(schoolSourcedId)
  }
})

test('each student is in one homeroom, the homeClass, with a 出席番号 that counts from 1 in the order of kana', () => {
  const classes = byId('classes')
  const users = byId('users')
  const homerooms = new Map<string, Row[]>()
  const seen = new Set<string>()
  for (const row of rowsOf('enrollments')) {
    if (row.role !== 'student' || classes.get(row.classSourcedId)!.classType !== 'homeroom') continue
    expect(seen).not.toContain(row.userSourcedId)
    seen.add(row.userSourcedId!)
    expect(users.get(row.userSourcedId)!['metadata.jp.homeClass']).toBe(row.classSourcedId)
    homerooms.set(row.classSourcedId!, [...(homerooms.get(row.classSourcedId!) ?? []), row])
  }
  expect(seen.size).toBe(280)
  for (const rows of homerooms.values()) {
    expect(rows.map((row) => row['metadata.jp.shussekiNo'])).toEqual(rows.map((_, at) => String(at + 1)))
    const kana = rows.map(({ userSourcedId }) => users.get(userSourcedId)!['metadata.jp.kanaFamilyName']!)
    expect(kana).toEqual([...kana].sort())
  }
})

test('each student has five subjects, each class one primary teacher, and nobody is in a class twice', () => {
  const subjects = new Map<string, number>()
  const primaries = new Map<string, number>()
  const pairs = new Set<string>()
  for (const { role, primary, userSourcedId, classSourcedId } of rowsOf('enrollments')) {
    pairs.add(`${userSourcedId} ${classSourcedId}`)
    if (role === 'student') {
      expect(primary).toBe('false')
      subjects.set(userSourcedId!, (subjects.get(userSourcedId!) ?? 0) + 1)
    } else if (primary === 'true') primaries.set(classSourcedId!, (primaries.get(classSourcedId!) ?? 0) + 1)
  }
  expect(pairs.size).toBe(rowsOf('enrollments').length)
  expect(new Set(subjects.values())).toEqual(new Set([6]))
  expect(new Set(primaries.values())).toEqual(new Set([1]))
  expect(primaries.size).toBe(rowsOf('classes').length)
})

test('some homerooms are for special needs, several grades together; most grades have 1組 and 2組', () => {
  const homerooms = rowsOf('classes').filter(({ classType }) => classType === 'homeroom')
  const special = homerooms.filter((row) => row['metadata.jp.specialNeeds'] === 'true')
  expect(special.map(({ grades }) => grades)).toEqual(['P1,P2,P3,P4,P5,P6', 'J1,J2,J3'])
  expect(homerooms.map(({ title }) => title)).toContain('1年2組')
})

test('everybody has exactly one primary role per organisation, and offices are secondary', () => {
  const primary = new Map<string, string>()
  for (const { userSourcedId, roleType, role, orgSourcedId } of rowsOf('roles')) {
    const offices = ['principal', 'siteAdministrator', 'districtAdministrator']
    if (offices.includes(role!)) expect(roleType).toBe('secondary')
    if (roleType !== 'primary') continue
    expect(primary.has(userSourcedId!)).toBe(false)
    primary.set(userSourcedId!, orgSourcedId!)
  }
  expect(new Set(rowsOf('roles').map(({ role }) => role)).size).toBe(6)
  for (const user of rowsOf('users')) expect(primary.get(user.sourcedId!)).toBe(user.primaryOrgSourcedId)
})

test('guardian and child name each other, and have the same family name', () => {
  const users = byId('users')
  const guardians = rowsOf('roles').filter(({ role }) => role === 'guardian')
  expect(guardians.length).toBeGreaterThan(100)
  for (const { userSourcedId } of guardians) {
    const guardian = users.get(userSourcedId)!
    const children = items(guardian.agentSourcedIds).map((id) => users.get(id)!)
    expect(children.length).toBeGreaterThan(0)
    for (const child of children) {
      expect(items(child.agentSourcedIds)).toContain(guardian.sourcedId)
      expect(child.familyName).toBe(guardian.familyName)
    }
  }
  const families = guardians.map(({ userSourcedId }) => items(users.get(userSourcedId)!.agentSourcedIds).length)
  expect(families).toContain(2)
})

test('users have what the Japan profile demands, and logins of their own under example.jp', () => {
  const users = rowsOf('users')
  for (const column of ['username', 'email', 'userMasterIdentifier', 'identifier']) {
    expect(new Set(users.map((user) => user[column])).size).toBe(users.length)
  }
  for (const user of users) {
    expect(user.enabledUser).toBe('true')
    expect(user.username).toMatch(/^[a-z]\d{7}@[a-z]+\.example\.jp$/)
    expect(user.email).toMatch(/\.example\.jp$/)
    expect(user.preferredGivenName && user.preferredFamilyName && user.givenName && user.familyName).toBeTruthy()
    for (const column of [
      'metadata.jp.kanaGivenName',
      'metadata.jp.kanaFamilyName',
      'metadata.jp.kanaPreferredFamilyName',
    ]) {
      expect(user[column]).toMatch(/^[ァ-ヺー]+$/)
    }
  }
  // 通称名
  expect(users.some(({ familyName, preferredFamilyName }) => familyName !== preferredFamilyName)).toBe(true)
})

test('courses and classes name subjects and codes in pairs or not at all, and no course has a code', () => {
  for (const row of [...rowsOf('courses'), ...rowsOf('classes')]) {
    expect(items(row.subjects)).toHaveLength(items(row.subjectCodes).length)
    for (const code of items(row.subjectCodes)) expect(code).toMatch(/^(P0[1-9]0|P100|J0[1-9]0)$/)
  }
  for (const { title, courseCode } of rowsOf('courses')) {
    expect(title).toMatch(/^2026年度\S+$/)
    expect(courseCode).toBe('')
  }
})

test('students are as old as their grade', () => {
  const grades = new Map(rowsOf('users').map(({ sourcedId, grades }) => [sourcedId, grades]))
  const ages = { P1: 6, P6: 11, J1: 12, J3: 14, H1: 15, H3: 17 } as Record<string, number>
  const checked = rowsOf('demographics').filter(({ sourcedId }) => grades.get(sourcedId)! in ages)
  expect(checked.length).toBeGreaterThan(50)
  for (const { sourcedId, birthDate } of checked) {
    const born = 2026 - ages[grades.get(sourcedId)!]!
    expect(birthDate! >= `${born - 1}-04-02` && birthDate! <= `${born}-04-01`).toBe(true)
  }
})
