import type { District } from './district'
import { studentsOf, type Student } from './families'
import { pickBoysName, pickFamilyName, pickGirlsName, type Name } from './names'
import { isWithin } from './random'
import type { Class, School } from './school'

/** What is known of a person beside the place: names, birthday, profile, each from the person's number alone. */
export interface FullName {
  readonly family: Name
  readonly given: Name
  readonly girl: boolean
}

/** Of the students, how many go by another family name than the registered one (通称名). */
const aliases = 0.01

export function studentName({ draw }: District, student: Student): FullName {
  return fullName(draw.familyName(student.family), draw.givenName(student.index))
}

/** The family name to display where it is not the registered one. */
export function aliasOf({ draw }: District, student: Student): Name | undefined {
  const number = draw.alias(student.index)
  return isWithin(aliases, number) ? pickFamilyName(number) : undefined
}

/** Guardians 2n and 2n + 1 are the parents of family n and have its name. */
export function guardianName({ draw }: District, guardian: number): FullName {
  return fullName(draw.familyName(Math.floor(guardian / 2)), draw.guardianName(guardian))
}

export function teacherName({ draw }: District, teacher: number): FullName {
  return fullName(draw.teacherFamilyName(teacher), draw.teacherName(teacher))
}

export function hasProfile({ draw, options }: District, student: Student): boolean {
  return isWithin(options.userProfiles, draw.profile(student.index))
}

/** The first teacher of a school has one whenever anybody has: a CSV file without rows would not be allowed. */
export function teacherHasProfile({ draw, options }: District, school: School, teacher: number): boolean {
  if (options.userProfiles === 0) return false
  return teacher === school.firstTeacher || isWithin(options.userProfiles, draw.teacherProfile(teacher))
}

/** A grade's children are born from 2 April to 1 April: who is six on 1 April begins school that day (学校教育法 section 17). */
export function birthDate({ draw, options }: District, student: Student): string {
  const year = options.year - student.school.kind.firstAge - 1 - student.grade.year
  return new Date(Date.UTC(year, 3, 2 + (draw.birthday(student.index) % 365))).toISOString().slice(0, 10)
}

/** The students of a homeroom as 出席番号 counts them: by the kana of family name and given name. */
export function inAttendanceOrder(district: District, school: School, homeroom: Class): Student[] {
  const listed = Array.from(studentsOf(district, school, homeroom), (student) => {
    const { family, given } = studentName(district, student)
    return { student, order: family.order * 1000 + given.order }
  })
  return listed.sort((a, b) => a.order - b.order || a.student.index - b.student.index).map(({ student }) => student)
}

function fullName(family: number, given: number): FullName {
  const girl = given % 2 === 1
  const pick = girl ? pickGirlsName : pickBoysName
  return { family: pickFamilyName(family), given: pick(given >>> 1), girl }
}
