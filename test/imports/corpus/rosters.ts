import type { Files, Row } from './corpusCase'
import { isJapanese, rosterFileNames, type Generation, type RosterFileName } from './facts'

/** The identifier of a record in a generation: a word, or in Japan a UUID of version 4 (Japan profile section 4). */
export function id(generation: Generation, word: string): string {
  if (!isJapanese(generation)) return word
  return `5eed0000-0000-4000-8000-${Buffer.from(word).toString('hex').padStart(12, '0').slice(-12)}`
}

/** What bulk files cannot do without (CSV Binding 1.2 section 9), themselves included. */
const closures: Record<RosterFileName, readonly RosterFileName[]> = (() => {
  const people = ['orgs.csv', 'users.csv', 'roles.csv'] as const
  const school = ['orgs.csv', 'academicSessions.csv', 'courses.csv', 'classes.csv'] as const
  return {
    'orgs.csv': ['orgs.csv'],
    'academicSessions.csv': ['academicSessions.csv'],
    'courses.csv': ['orgs.csv', 'academicSessions.csv', 'courses.csv'],
    'classes.csv': school,
    'users.csv': people,
    'roles.csv': [...people, 'userProfiles.csv'],
    'userProfiles.csv': [...people, 'userProfiles.csv'],
    'enrollments.csv': [...school, 'users.csv', 'roles.csv', 'enrollments.csv'],
    'demographics.csv': [...people, 'demographics.csv'],
  }
})()

/** A valid roster with the files that `file` needs; in Japan the seven of section 3 and `file`. Each call gives fresh rows. */
export function rosterFor(generation: Generation, file?: RosterFileName): Record<string, Row[]> {
  const whole = rosterOf(generation)
  const core = rosterFileNames.filter((name) => name !== 'userProfiles.csv' && name !== 'demographics.csv')
  const wanted = !file ? rosterFileNames : isJapanese(generation) ? [...core, ...closures[file]] : closures[file]
  return Object.fromEntries(rosterFileNames.filter((name) => wanted.includes(name)).map((name) => [name, whole[name]]))
}

function rosterOf(generation: Generation): Record<RosterFileName, Row[]> {
  const of = (word: string) => id(generation, word)
  const japanese = isJapanese(generation)
  const year = japanese ? '2026年度' : 'Year 2026'
  return {
    'orgs.csv': [
      { sourcedId: of('d'), name: japanese ? 'みらい市教育委員会' : 'Board', type: 'district', identifier: '132012' },
      {
        ...{ sourcedId: of('s'), name: japanese ? '第一小学校' : 'School', type: 'school' },
        ...{ identifier: 'B127210000018', parentSourcedId: of('d') },
      },
    ],
    'academicSessions.csv': [
      {
        ...{ sourcedId: of('y'), title: year, type: 'schoolYear', startDate: '2026-04-01', endDate: '2027-03-31' },
        schoolYear: japanese ? '2026' : '2027',
      },
    ],
    'courses.csv': [
      { sourcedId: of('c'), title: `${year}国語`, orgSourcedId: of('s'), schoolYearSourcedId: of('y'), grades: 'P1' },
    ],
    'classes.csv': [
      {
        ...{ sourcedId: of('k'), title: '1年1組', grades: 'P1', classType: 'homeroom', courseSourcedId: of('c') },
        ...{ schoolSourcedId: of('s'), termSourcedIds: of('y') },
      },
    ],
    'users.csv': [user(generation, 't'), { ...user(generation, 'u'), grades: 'P1', ...homeClass(generation) }],
    'roles.csv': [role(generation, 't', 'teacher'), role(generation, 'u', 'student')],
    'userProfiles.csv': [
      {
        ...{ sourcedId: of('p'), userSourcedId: of('u'), profileType: 'SSO', vendorId: 'v', credentialType: 'oauth' },
        username: 'u',
      },
    ],
    'enrollments.csv': [enrollment(generation, 't', 'teacher'), enrollment(generation, 'u', 'student')],
    'demographics.csv': [{ sourcedId: of('u'), birthDate: '2019-04-02', sex: 'female' }],
  }
}

function user(generation: Generation, word: string): Row {
  const common = { sourcedId: id(generation, word), enabledUser: 'true', username: `${word}@example.jp` }
  if (!isJapanese(generation)) return { ...common, givenName: 'Given', familyName: 'Family' }
  return {
    ...{ ...common, givenName: '花子', familyName: '山田', preferredGivenName: '花子', preferredFamilyName: '山田' },
    ...{ 'metadata.jp.kanaGivenName': 'ハナコ', 'metadata.jp.kanaFamilyName': 'ヤマダ' },
    userMasterIdentifier: id(generation, `m${word}`),
  }
}

const homeClass = (generation: Generation): Row =>
  isJapanese(generation) ? { 'metadata.jp.homeClass': id(generation, 'k') } : {}

function role(generation: Generation, word: string, token: string): Row {
  return {
    ...{ sourcedId: id(generation, `r${word}`), userSourcedId: id(generation, word), roleType: 'primary', role: token },
    orgSourcedId: id(generation, 's'),
  }
}

function enrollment(generation: Generation, word: string, token: string): Row {
  return {
    ...{
      sourcedId: id(generation, `e${word}`),
      classSourcedId: id(generation, 'k'),
      userSourcedId: id(generation, word),
    },
    ...{ schoolSourcedId: id(generation, 's'), role: token, primary: String(token === 'teacher') },
  }
}

/**
 * A roster in which `file` has one more valid row that nothing else refers to, changed by `change`: what is wrong with it has no
 * consequences elsewhere.
 */
export function rosterWith(generation: Generation, file: RosterFileName, change: Row): Files {
  const roster = rosterFor(generation, file)
  const of = (word: string) => id(generation, word)
  const japanese = isJapanese(generation)
  const base = roster[file]!.at(-1)!
  const extra: Partial<Record<RosterFileName, Row>> = {
    'orgs.csv': { ...base, sourcedId: of('x'), identifier: '' },
    'users.csv': {
      ...{ ...base, sourcedId: of('x'), username: 'x@example.jp', grades: 'P1' },
      ...(japanese ? { userMasterIdentifier: of('mx') } : {}),
    },
    // Another organisation, in which the user has no primary role yet.
    'roles.csv': { ...base, sourcedId: of('x'), orgSourcedId: of('d') },
    'demographics.csv': { ...base, sourcedId: of('t') },
  }
  roster[file]!.push({ ...(extra[file] ?? { ...base, sourcedId: of('x') }), ...change })
  // In Japan every user has a primary role.
  if (japanese && file === 'users.csv' && !('sourcedId' in change)) {
    roster['roles.csv']!.push({ ...role(generation, 'x', 'student'), sourcedId: of('rx') })
  }
  return roster
}
