import type { District } from './district'
import { inAttendanceOrder } from './people'
import { schoolId, type FileRows, type Row } from './row'
import { classesOf, type Class, type School } from './school'
import { teachersOf } from './teachers'

/** Class by class: its teachers, then its students; of a homeroom in the order of 出席番号. */
export const enrollmentRows: FileRows = function* (district) {
  for (const school of district.schools) {
    for (const klass of classesOf(school)) {
      yield* teacherEnrollments(district, school, klass)
      const place = placeOf(district, school, klass)
      if (klass.slot === 0) {
        const students = inAttendanceOrder(district, school, klass)
        for (let at = 0; at < students.length; at++) {
          yield studentEnrollment(district, place, students[at]!.index, String(at + 1))
        }
      } else {
        for (const { first, count } of klass.members) {
          for (let index = first; index < first + count; index++) yield studentEnrollment(district, place, index, '')
        }
      }
    }
  }
}

function* teacherEnrollments(district: District, school: School, klass: Class): Generator<Row> {
  const { ids, calendar } = district
  for (const [position, teacher] of teachersOf(school, klass).entries()) {
    yield {
      sourcedId: ids.enrollment.teacher(klass.index * 2 + position),
      classSourcedId: ids.class(klass.index),
      schoolSourcedId: schoolId(district, school),
      userSourcedId: ids.teacher(teacher),
      role: 'teacher',
      primary: String(position === 0),
      beginDate: calendar.firstDay,
      endDate: calendar.lastDay,
    }
  }
}

/** A class as the rows of its students refer to it; made once for all of them. */
export interface Place {
  readonly slot: number
  readonly classSourcedId: string
  readonly schoolSourcedId: string
}

export function placeOf(district: District, school: School, { index, slot }: Class): Place {
  return { slot, classSourcedId: district.ids.class(index), schoolSourcedId: schoolId(district, school) }
}

/** The enrollments.csv row of a student; `shussekiNo`: 出席番号, in homerooms only. */
export function studentEnrollment({ ids, calendar }: District, place: Place, index: number, shussekiNo: string): Row {
  return {
    sourcedId: ids.enrollment.student(index * 8 + place.slot),
    classSourcedId: place.classSourcedId,
    schoolSourcedId: place.schoolSourcedId,
    userSourcedId: ids.student(index),
    role: 'student',
    primary: 'false',
    beginDate: calendar.firstDay,
    endDate: calendar.lastDay,
    'metadata.jp.shussekiNo': shussekiNo,
    'metadata.jp.publicFlg': 'true',
  }
}
