import type { District } from './district'
import { childrenOf, guardiansOf, type Student } from './families'
import type { Name } from './names'
import { aliasOf, guardianName, inAttendanceOrder, studentName, teacherName, type FullName } from './people'
import { boardId, schoolId, type FileRows, type Row } from './row'
import type { Class, School } from './school'
import { boardStaff, homeroomOf } from './teachers'

/** School by school: each homeroom's students with their guardians behind them, then the teachers; the board's own people last. */
export const userRows: FileRows = function* (district) {
  for (const school of district.schools) {
    for (const homeroom of school.homerooms) {
      for (const student of inAttendanceOrder(district, school, homeroom)) {
        yield studentUser(district, student)
        if (student.family === student.index) yield* guardianUsers(district, student)
      }
    }
    for (let at = 0; at < school.teachers; at++) yield teacherUser(district, school, school.firstTeacher + at)
  }
  for (let person = 0; person < boardStaff; person++) yield boardUser(district, person)
}

/** The users.csv row of a student. */
export function studentUser(district: District, student: Student): Row {
  const { ids } = district
  return userRow({
    sourcedId: ids.student(student.index),
    master: ids.master.student(student.index),
    username: studentLogin(district, student.index),
    name: studentName(district, student),
    alias: aliasOf(district, student),
    agents: guardiansOf(district, student.family).map(ids.guardian).join(','),
    grade: student.grade.code,
    org: schoolId(district, student.school),
    homeClass: ids.class(student.homeroom.index),
  })
}

/** The users.csv rows of the parents of the family that this student gives its number. */
export function* guardianUsers(district: District, { school, homeroom, family }: Student): Generator<Row> {
  const { ids, domain } = district
  const children = childrenOf(district, school, family).map(ids.student).join(',')
  for (const guardian of guardiansOf(district, family)) {
    const login = `g${sevenDigits(guardian + 1)}`
    yield userRow({
      sourcedId: ids.guardian(guardian),
      master: ids.master.guardian(guardian),
      username: `${login}@${domain}`,
      name: guardianName(district, guardian),
      // Not the school's own mail; and 0000 begins no subscriber's number.
      email: `${login}@home.${domain}`,
      sms: `090-0000-${sevenDigits(guardian).slice(-4)}`,
      agents: children,
      org: schoolId(district, school),
      homeClass: homeClassWhereDemanded(district, homeroom),
    })
  }
}

function teacherUser(district: District, school: School, teacher: number): Row {
  const { ids } = district
  const homeroom = homeroomOf(school, teacher)
  return userRow({
    sourcedId: ids.teacher(teacher),
    master: ids.master.teacher(teacher),
    username: teacherLogin(district, teacher),
    name: teacherName(district, teacher),
    secondUserId: `,{LTI:${ids.master.teacher(teacher)}}`,
    org: schoolId(district, school),
    homeClass: homeroom ? ids.class(homeroom.index) : homeClassWhereDemanded(district, school.homerooms[0]!),
  })
}

function boardUser(district: District, person: number): Row {
  const { ids, schools, domain } = district
  return userRow({
    sourcedId: ids.staff(person),
    master: ids.master.staff(person),
    username: `b${sevenDigits(person + 1)}@${domain}`,
    // Teachers' numbers are far below.
    name: teacherName(district, 0xffff_0000 + person),
    org: boardId(district),
    homeClass: homeClassWhereDemanded(district, schools[0]!.homerooms[0]!),
  })
}

/** Login of a student, of a teacher: an address within the district, unique by its letter and number. */
export const studentLogin = ({ domain }: District, index: number) => `s${sevenDigits(index + 1)}@${domain}`
export const teacherLogin = ({ domain }: District, teacher: number) => `t${sevenDigits(teacher + 1)}@${domain}`

interface Person {
  readonly sourcedId: string
  readonly master: string
  readonly username: string
  readonly name: FullName
  /** The family name to display, where it is another one. */
  readonly alias?: Name
  readonly secondUserId?: string
  readonly email?: string
  readonly sms?: string
  readonly agents?: string
  readonly grade?: string
  readonly org: string
  readonly homeClass: string
}

/** One literal, for speed; all columns that any of the people have. */
function userRow(person: Person): Row {
  const { username, name, alias = name.family } = person
  const number = username.slice(0, username.indexOf('@'))
  const middleName = middleNames[name.family.text]?.[name.girl ? 'girl' : 'boy'] ?? ''
  return {
    sourcedId: person.sourcedId,
    // Leavers are left out, so everybody is enabled (Japan profile, users.csv).
    enabledUser: 'true',
    username,
    userIds: `{Koumu:${number}}${person.secondUserId ?? ''}`,
    givenName: name.given.text,
    familyName: name.family.text,
    middleName,
    identifier: number.toUpperCase(),
    email: person.email ?? username,
    sms: person.sms ?? '',
    agentSourcedIds: person.agents ?? '',
    grades: person.grade ?? '',
    userMasterIdentifier: person.master,
    // Names to display: mandatory in Japan, also where they are the registered ones.
    preferredGivenName: name.given.text,
    preferredFamilyName: alias.text,
    primaryOrgSourcedId: person.org,
    'metadata.jp.kanaGivenName': name.given.kana,
    'metadata.jp.kanaFamilyName': name.family.kana,
    'metadata.jp.kanaMiddleName': middleName,
    'metadata.jp.homeClass': person.homeClass,
    'metadata.jp.kanaPreferredFamilyName': alias.kana,
    'metadata.jp.kanaPreferredGivenName': name.given.kana,
  }
}

/** Where middle names are usual. */
const middleNames: Record<string, { boy: string; girl: string }> = {
  グエン: { boy: 'ヴァン', girl: 'ティ' },
  ファム: { boy: 'ヴァン', girl: 'ティ' },
}

/** Importers of the 第2版 want a homeClass for everybody; later generations only where there is one. */
function homeClassWhereDemanded({ ids, options }: District, homeroom: Class): string {
  return options.profile === 'jp-2nd-edition' ? ids.class(homeroom.index) : ''
}

const sevenDigits = (number: number) => String(number).padStart(7, '0')
