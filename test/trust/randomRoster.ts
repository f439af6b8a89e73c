import type { RosterRows } from '../support/insertRoster'

export type Row = Readonly<Record<string, any>>
export type Roster = Record<keyof RosterRows, readonly Row[]>

export const schoolIds = ['school-0', 'school-1', 'school-2', 'school/branch@1', 'school-closed']

/**
 * A small roster in which everything that may cross schools does: roles and enrollments of one person at several, guardians and siblings,
 * courses of one school used by another, departments, a branch school, accounts, homerooms elsewhere, records that ended.
 */
export function randomRoster(seed: number): Roster {
  const random = numbers(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const chance = (probability: number) => random() < probability
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!
  const some = <T>(list: readonly T[], most: number): T[] => [
    ...new Set(Array.from({ length: below(most + 1) }, () => pick(list))),
  ]
  // Few stamps, so that a user and its roles often ended in the same write and often did not.
  const base = (sourcedId: string) => ({
    sourcedId,
    status: chance(0.2) ? 'tobedeleted' : 'active',
    dateLastModified: new Date(Date.UTC(2026, 3, 1 + below(3))).toISOString(),
  })
  const many = (count: number, make: (n: number) => Row): Row[] => Array.from({ length: count }, (_value, n) => make(n))

  const org = (sourcedId: string, type: string, parentSourcedId: string | null): Row => ({
    ...base(sourcedId),
    name: `name of ${sourcedId}`,
    type,
    identifier: chance(0.5) ? sourcedId : null,
    parentSourcedId,
  })
  const orgs = [
    org('district', 'district', null),
    org('office', 'department', 'district'),
    ...['school-0', 'school-1', 'school-2', 'school-closed'].map((id) => org(id, 'school', 'district')),
    org('school/branch@1', 'school', 'school-0'),
    org('department-0', 'department', 'school-0'),
    org('section-0', 'ext:section', 'department-0'),
    org('department-1', 'department', 'school-1'),
    org('department-branch', 'department', 'school/branch@1'),
    org('stray', 'school', null),
  ]
  const anywhere = orgs.map(({ sourcedId }) => sourcedId as string)
  // Most belong to a school; what belongs to the district or to a department is the exception.
  const place = () => (chance(0.7) ? pick(schoolIds) : pick(anywhere))

  const session = (sourcedId: string, type: string, parentSourcedId: string | null): Row => ({
    ...base(sourcedId),
    ...{ title: sourcedId, type, startDate: '2026-04-01', endDate: '2027-04-01', schoolYear: '2026', parentSourcedId },
  })
  const sessions = [
    session('year-0', 'schoolYear', null),
    session('year-1', 'schoolYear', null),
    ...many(4, (n) => session(`term-${n}`, 'term', `year-${n % 2}`)),
    ...many(6, (n) => session(`period-${n}`, 'gradingPeriod', `term-${n % 4}`)),
  ]
  const courses = many(8, (n) => ({
    ...base(`course-${n}`),
    title: `course ${n}`,
    orgSourcedId: chance(0.15) ? null : place(),
    schoolYearSourcedId: chance(0.3) ? `year-${below(2)}` : null,
    grades: chance(0.5) ? ['P1', 'P2'] : null,
  }))
  const classes = many(10, (n) => ({
    ...base(`class-${n}`),
    title: `class ${n}`,
    courseSourcedId: `course-${below(8)}`,
    schoolSourcedId: place(),
    termSourcedIds: [`term-${below(4)}`, ...(chance(0.2) ? [`term-${below(4)}`] : [])],
    classType: pick(['homeroom', 'scheduled']),
  }))
  const people = Array.from({ length: 24 }, (_value, n) => `user-${n}`)
  const users = people.map((id, n) => ({
    ...base(id),
    enabledUser: true,
    username: `login${n}`,
    givenName: pick(['太郎', '花子', 'Ren']),
    familyName: `姓${n}`,
    email: chance(0.5) ? `u${n}@example.jp` : null,
    agentSourcedIds: chance(0.5) ? some(people, 3) : null,
    primaryOrgSourcedId: chance(0.6) ? place() : null,
    metadata: chance(0.4) ? { 'jp.homeClass': `class-${below(10)}`, 'jp.kanaGivenName': 'レン' } : null,
  }))
  const profiles = many(20, (n) => ({
    ...base(`profile-${n}`),
    userSourcedId: pick(people),
    profileType: 'LMS',
    vendorId: `vendor-${n % 3}`,
    credentialType: 'basic',
    username: `account${n}`,
  }))
  const roles = many(36, (n) => {
    const userSourcedId = pick(people)
    const accounts = profiles.filter((profile: Row) => profile['userSourcedId'] === userSourcedId)
    return {
      ...base(`role-${n}`),
      userSourcedId,
      roleType: pick(['primary', 'secondary']),
      role: pick(['student', 'teacher', 'guardian', 'aide']),
      orgSourcedId: place(),
      userProfileSourcedId: accounts.length && chance(0.7) ? pick(accounts).sourcedId : null,
      beginDate: chance(0.3) ? '2026-04-01' : null,
      endDate: chance(0.2) ? '2026-05-01' : null,
    }
  })
  const enrollments = many(40, (n) => {
    const klass = pick(classes)
    return {
      ...base(`enrollment-${n}`),
      classSourcedId: klass.sourcedId,
      schoolSourcedId: chance(0.9) ? klass.schoolSourcedId : place(),
      userSourcedId: pick(people),
      role: pick(['student', 'student', 'teacher']),
      primary: chance(0.3) ? true : null,
    }
  })
  const demographics = people.filter(() => chance(0.6)).map((id) => ({ ...base(id), sex: pick(['male', 'female']) }))
  return {
    ...{ org: orgs, academicSession: sessions, course: courses, class: classes, user: users, role: roles },
    ...{ userProfile: profiles, enrollment: enrollments, demographics },
  }
}

/** mulberry32: the same seed makes the same roster. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
