import type { District } from './district'
import { guardiansOf, studentsOf, type Student } from './families'
import { birthDate, hasProfile, studentName, teacherHasProfile } from './people'
import { boardId, schoolId, type FileRows, type Row } from './row'
import type { School } from './school'
import { boardStaff, principal, sharedTeacher, vicePrincipal } from './teachers'
import { studentLogin, teacherLogin } from './userRows'

/** What a person has besides the row in users.csv: roles, demographics, profiles. */

export const roleRows: FileRows = function* (district) {
  for (const student of allStudents(district)) {
    yield studentRole(district, student)
    if (student.family === student.index) yield* guardianRoles(district, student)
  }
  for (const school of district.schools) {
    for (let at = 0; at < school.teachers; at++) yield* teacherRoles(district, school, school.firstTeacher + at)
  }
  for (let person = 0; person < boardStaff; person++) yield* boardRoles(district, person)
}

export const demographicsRows: FileRows = function* (district) {
  if (!district.options.demographics) return
  for (const student of allStudents(district)) yield demographicsRow(district, student)
}

export const userProfileRows: FileRows = function* (district) {
  const { ids } = district
  for (const student of allStudents(district))
    if (hasProfile(district, student)) yield studentProfile(district, student)
  for (const school of district.schools) {
    for (let teacher = school.firstTeacher; teacher < school.firstTeacher + school.teachers; teacher++) {
      if (!teacherHasProfile(district, school, teacher)) continue
      yield profile(ids.profile.teacher(teacher), ids.teacher(teacher), teacherLogin(district, teacher))
    }
  }
}

function* allStudents(district: District): Generator<Student> {
  for (const school of district.schools) {
    for (const homeroom of school.homerooms) yield* studentsOf(district, school, homeroom)
  }
}

/** The roles.csv row of a student. */
export function studentRole(district: District, student: Student): Row {
  const { ids } = district
  const userProfileSourcedId = hasProfile(district, student) ? ids.profile.student(student.index) : ''
  const user = ids.student(student.index)
  const org = schoolId(district, student.school)
  return { ...role(district, ids.role.student(student.index), user, org, 'primary', 'student'), userProfileSourcedId }
}

/** The roles.csv rows of the parents of the family that this student gives its number. */
export function* guardianRoles(district: District, { family, school }: Student): Generator<Row> {
  const { ids } = district
  for (const guardian of guardiansOf(district, family)) {
    const org = schoolId(district, school)
    yield role(district, ids.role.guardian(guardian), ids.guardian(guardian), org, 'primary', 'guardian')
  }
}

/** Managers are teachers first: their office is a second, secondary role (Japan profile, roles.csv). */
function* teacherRoles(district: District, school: School, teacher: number): Generator<Row> {
  const { ids, schools } = district
  const user = ids.teacher(teacher)
  const org = schoolId(district, school)
  const has = teacherHasProfile(district, school, teacher)
  const first = role(district, ids.role.teacher(teacher * 2), user, org, 'primary', 'teacher')
  yield { ...first, userProfileSourcedId: has ? ids.profile.teacher(teacher) : '' }

  const second = ids.role.teacher(teacher * 2 + 1)
  if (teacher === principal(school)) yield role(district, second, user, org, 'secondary', 'principal')
  if (teacher === vicePrincipal(school)) yield role(district, second, user, org, 'secondary', 'siteAdministrator')
  const next = schools[(school.index + 1) % schools.length]!
  if (teacher === sharedTeacher(school) && next !== school) {
    yield role(district, second, user, schoolId(district, next), 'secondary', 'teacher')
  }
}

function* boardRoles(district: District, person: number): Generator<Row> {
  const { ids } = district
  const [user, org] = [ids.staff(person), boardId(district)]
  yield role(district, ids.role.staff(person * 2), user, org, 'primary', 'teacher')
  yield role(district, ids.role.staff(person * 2 + 1), user, org, 'secondary', 'districtAdministrator')
}

function role(
  { calendar }: District,
  sourcedId: string,
  user: string,
  org: string,
  roleType: string,
  name: string,
): Row {
  return {
    sourcedId,
    userSourcedId: user,
    roleType,
    role: name,
    beginDate: calendar.firstDay,
    endDate: calendar.lastDay,
    orgSourcedId: org,
  }
}

/** The demographics.csv row of a student: birth date and sex, the two columns that make sense in Japan. */
export function demographicsRow(district: District, student: Student): Row {
  return {
    sourcedId: district.ids.student(student.index),
    birthDate: birthDate(district, student),
    sex: studentName(district, student).girl ? 'female' : 'male',
  }
}

/** The userProfiles.csv row of a student who has one. */
export function studentProfile(district: District, { index }: Student): Row {
  const { ids } = district
  return profile(ids.profile.student(index), ids.student(index), studentLogin(district, index))
}

function profile(sourcedId: string, userSourcedId: string, username: string): Row {
  return {
    sourcedId,
    userSourcedId,
    profileType: 'learningPortal',
    vendorId: 'portal.example.jp',
    applicationId: 'portal.example.jp/drill',
    description: '学習ポータルの利用者情報',
    credentialType: 'oidc',
    username,
  }
}
