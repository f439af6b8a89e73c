import type { RosterRows } from '../support/insertRoster'

/** GUIDs may be long and hold slashes and at signs (CSV Binding 1.2 section 3). */
export const oddClassId = `class/${'x'.repeat(239)}@4/2026`
export const students = 230
export const classes = 24

const stamp = (n: number) => new Date(Date.UTC(2026, 3, 1) + n * 1000).toISOString()
const range = (count: number) => Array.from({ length: count }, (_value, n) => n)
const row = (sourcedId: string, n: number, more: object, status = 'active') => ({
  sourcedId,
  status,
  dateLastModified: stamp(n),
  ...more,
})
/** Some of everything is tobedeleted: it stays readable for clients that ask for changes. */
const gone = (n: number) => (n % 17 === 16 ? 'tobedeleted' : 'active')
const userId = (n: number) => `user-${String(n).padStart(4, '0')}`
const classId = (n: number) => (n === 0 ? oddClassId : `class-${n}`)
const schoolOf = (n: number) => `school-${n % 3}`

/** A board with three schools, terms and grading periods, 24 classes, 30 teachers, 230 students, guardians: every shape a record can have. */
export const district: RosterRows = {
  org: [
    row('district', 1, {
      name: 'みらい市教育委員会',
      type: 'district',
      metadata: { 'jp.code': '13', nested: { a: '1' } },
    }),
    ...range(3).map((n) =>
      row(`school-${n}`, 10 + n, {
        name: `第${n}小学校 "みらい"`,
        type: 'school',
        identifier: `B11320100000${n}`,
        parentSourcedId: 'district',
      }),
    ),
    row('department', 20, { name: '教務', type: 'department', parentSourcedId: 'school-0' }),
    row('closed', 21, { name: '旧校', type: 'school', parentSourcedId: 'district' }, 'tobedeleted'),
    row('extended', 22, { name: '支援', type: 'ext:jp.support' }),
  ],
  academicSession: [
    session('year', 'schoolYear', '2026-04-01', '2027-04-01'),
    ...range(2).map((n) => session(`term-${n}`, 'term', `2026-0${4 + n}-01`, '2026-10-01', 'year')),
    ...range(4).map((n) => session(`period-${n}`, 'gradingPeriod', '2026-04-01', '2026-07-01', `term-${n % 2}`)),
    session('semester', 'semester', '2026-04-01', '2026-10-01', 'year'),
  ],
  course: range(6).map((n) =>
    row(
      `course-${n}`,
      50 + n,
      {
        title: `科目${n}`,
        courseCode: n ? `C${n}` : null,
        orgSourcedId: schoolOf(n),
        schoolYearSourcedId: n % 2 ? 'year' : null,
        grades: n ? ['P1', 'P2'] : null,
        subjects: n ? ['国語', '算数, 理科'] : [],
        subjectCodes: n ? ['1', '2'] : null,
      },
      n === 5 ? 'tobedeleted' : 'active',
    ),
  ),
  class: range(classes).map((n) =>
    row(
      classId(n),
      100 + n,
      {
        title: `${(n % 6) + 1}年${n}組`,
        courseSourcedId: `course-${n % 6}`,
        schoolSourcedId: schoolOf(n),
        termSourcedIds: n % 4 ? [`term-${n % 2}`] : ['term-0', 'term-1', 'year'],
        classType: n % 2 ? 'scheduled' : 'homeroom',
        classCode: n ? `K${n}` : null,
        location: n % 3 ? `教室${n}` : null,
        grades: [`P${(n % 6) + 1}`],
        periods: n % 2 ? ['1', '3'] : null,
        metadata: { 'jp.specialNeeds': String(n % 5 === 0) },
      },
      gone(n),
    ),
  ),
  user: [
    ...range(30).map(teacher),
    ...range(students).map((n) => student(30 + n)),
    ...range(5).map((n) => guardian(260 + n)),
  ],
  role: range(265).flatMap((n) => [
    {
      ...row(`role-${n}`, 300 + n, {
        userSourcedId: userId(n),
        roleType: 'primary',
        role: n < 30 ? 'teacher' : n < 260 ? 'student' : 'guardian',
        orgSourcedId: schoolOf(n),
        userProfileSourcedId: n === 0 ? 'profile-0' : null,
        beginDate: n % 2 ? '2026-04-01' : null,
      }),
    },
    ...(n < 3
      ? [
          row(`role2-${n}`, 300 + n, {
            userSourcedId: userId(n),
            roleType: 'secondary',
            role: 'aide',
            orgSourcedId: 'district',
          }),
        ]
      : []),
  ]),
  userProfile: range(2).map((n) =>
    row(n ? '3f2504e0-4f89-11d3-9a0c-0305e82c3301' : 'profile-0', 300, {
      userSourcedId: userId(n),
      profileType: 'LMS',
      vendorId: 'urn:example:vendor',
      applicationId: n ? 'app' : null,
      credentialType: 'basic',
      username: `login${n}`,
      password: 'must not be seen',
    }),
  ),
  enrollment: range(260).flatMap((n) =>
    range(n < 30 ? 3 : 2).map((k) =>
      row(
        `enrollment-${n}-${k}`,
        600 + n * 2 + k,
        {
          classSourcedId: classId((n + k * 6) % classes),
          schoolSourcedId: schoolOf(n),
          userSourcedId: userId(n),
          role: n < 30 ? 'teacher' : 'student',
          primary: n < 30 ? k === 0 : n % 2 ? false : null,
          beginDate: n % 2 ? '2026-04-01' : null,
          endDate: n % 2 ? '2027-03-31' : null,
          metadata: n < 30 ? null : { 'jp.ShussekiNo': String(n) },
        },
        gone(n + k),
      ),
    ),
  ),
  demographics: range(students).map((n) =>
    row(userId(30 + n), 1200 + n, {
      birthDate: n % 2 ? `2015-0${(n % 9) + 1}-15` : null,
      sex: ['male', 'female', null][n % 3],
      asian: n % 4 ? true : null,
      white: n % 4 ? false : null,
      countryOfBirthCode: n % 5 ? 'JP' : null,
      cityOfBirth: n % 5 ? '千代田区' : null,
    }),
  ),
}

function session(sourcedId: string, type: string, startDate: string, endDate: string, parentSourcedId?: string) {
  const more = {
    title: sourcedId,
    type,
    startDate,
    endDate,
    schoolYear: '2026',
    parentSourcedId: parentSourcedId ?? null,
  }
  return row(sourcedId, 30, more)
}

function person(n: number, more: object) {
  const names = { givenName: ['太郎', '花子', 'Ren', "O'Brien", '𠮷野'][n % 5], familyName: `姓${n % 40}` }
  return row(
    userId(n),
    200 + n,
    { enabledUser: n % 10 !== 9, username: `login${n}`, ...names, password: 'must not be seen', ...more },
    gone(n),
  )
}

function teacher(n: number) {
  return person(n, {
    email: `teacher${n}@example.jp`,
    identifier: `T${n}`,
    userIds: [{ type: 'LDAP', identifier: `ldap-${n}` }],
    primaryOrgSourcedId: schoolOf(n),
  })
}

function student(n: number) {
  return person(n, {
    email: n % 3 ? `student${n}@example.jp` : null,
    grades: [`P${(n % 6) + 1}`],
    agentSourcedIds: n < 35 ? [userId(260 + (n % 5))] : null,
    userMasterIdentifier: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    preferredFirstName: n % 7 ? null : 'タロ',
    metadata: { 'jp.kanaGivenName': 'タロウ', 'jp.homeClass': `class-${n % classes}` },
  })
}

function guardian(n: number) {
  return person(n, { phone: '03-0000-0000', agentSourcedIds: [userId(30), userId(31)] })
}

/** Ids of records of the district, by the path noun in front of them. */
const ids: Record<string, string> = {
  academicSessions: 'semester',
  classes: oddClassId,
  courses: 'course-0',
  demographics: 'user-0030',
  enrollments: 'enrollment-0-0',
  gradingPeriods: 'period-0',
  orgs: 'department',
  schools: 'school-0',
  students: 'user-0030',
  teachers: 'user-0000',
  terms: 'term-0',
  users: 'user-0260',
}
/** A path of an endpoint with ids of records that exist. */
export const existingPath = (path: string): string =>
  path.replaceAll(/(\w+)\/\{\w+\}/g, (_match, noun: string) => `${noun}/${encodeURIComponent(ids[noun]!)}`)
