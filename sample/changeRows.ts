import type { District } from './district'
import { placeOf, studentEnrollment } from './enrollmentRows'
import { childrenOf, contains, findStudent, type Student } from './families'
import { hasProfile, inAttendanceOrder } from './people'
import { demographicsRow, guardianRoles, studentProfile, studentRole } from './personRows'
import type { Row } from './row'
import { classesOf } from './school'
import { guardianUsers, studentUser } from './userRows'

/** What happens to one family between two packages: a student gets another address, a family moves in, a family leaves. */
export interface Change {
  readonly kind: 'changed' | 'added' | 'removed'
  /** The student by whom the family is known; of a family that moves in, whose class the new student joins. */
  readonly student: Student
}

/** The rows that a change makes in each file, without status and dateLastModified; `revision` counts the deltas of a district from 1. */
export const changeRows = {
  users: (district: District, change: Change, revision: number): Row[] => {
    if (change.kind === 'changed') return [withNewAddress(studentUser(district, change.student), revision)]
    const guardians = [...guardianUsers(district, headOf(district, change))]
    return [...guardians, ...childrenIn(district, change).map((student) => studentUser(district, student))]
  },
  roles: (district: District, change: Change): Row[] => {
    if (change.kind === 'changed') return []
    const guardians = [...guardianRoles(district, headOf(district, change))]
    return [...guardians, ...childrenIn(district, change).map((student) => studentRole(district, student))]
  },
  userProfiles: (district: District, change: Change): Row[] =>
    childrenIn(district, change)
      .filter((student) => hasProfile(district, student))
      .map((student) => studentProfile(district, student)),
  demographics: (district: District, change: Change): Row[] =>
    district.options.demographics
      ? childrenIn(district, change).map((student) => demographicsRow(district, student))
      : [],
  enrollments: (district: District, change: Change): Row[] =>
    childrenIn(district, change).flatMap((student) => enrollmentsOf(district, student, change)),
}

/** A newcomer has a number that no other student of the chain can get: that of the schoolmate, beyond the district. */
function headOf({ options }: District, { kind, student }: Change): Student {
  if (kind !== 'added') return student
  const index = options.students + student.index
  return { ...student, index, family: index }
}

/** The students who come or leave. */
function childrenIn(district: District, change: Change): Student[] {
  if (change.kind === 'changed') return []
  const head = headOf(district, change)
  if (change.kind === 'added') return [head]
  return childrenOf(district, head.school, head.family).map((index) => findStudent(district, index))
}

/** Homeroom and subjects; newcomers have no 出席番号 yet. */
function enrollmentsOf(district: District, student: Student, change: Change): Row[] {
  const { school, homeroom, index } = student
  const member = change.kind === 'added' ? change.student.index : index
  const joined = classesOf(school).filter(({ members }) => members.some((range) => contains(range, member)))
  const place = inAttendanceOrder(district, school, homeroom).findIndex((listed) => listed.index === index)
  return joined.map((klass) => {
    const shussekiNo = klass.slot === 0 && place >= 0 ? String(place + 1) : ''
    return studentEnrollment(district, placeOf(district, school, klass), index, shussekiNo)
  })
}

function withNewAddress(row: Row, revision: number): Row {
  return { ...row, email: row.email!.replace('@', `.${revision}@`) }
}
