import type { Class, School } from './school'

/**
 * Who teaches what, from the plan alone. Of a school's teachers the first ones have a homeroom each (担任), the next help in every second
 * homeroom (副担任), and the last two are the principal and the vice principal, who teach no class.
 */

/** The teachers of a class by number, the primary one first: one or two, never the same twice. */
export function teachersOf(school: School, klass: Class): number[] {
  const homerooms = school.homerooms.length
  if (klass.slot === 0) {
    const helper = klass.position % 2 === 0 ? [school.firstTeacher + homerooms + klass.position / 2] : []
    return [school.firstTeacher + klass.position, ...helper]
  }
  const teaching = school.teachers - 2
  const first = (klass.position * 7 + school.index) % teaching
  const second = klass.position % 3 === 0 ? [school.firstTeacher + ((first + 1) % teaching)] : []
  return [school.firstTeacher + first, ...second]
}

/** The homeroom a teacher leads or helps in; undefined for the two managers. */
export function homeroomOf(school: School, teacher: number): Class | undefined {
  const position = teacher - school.firstTeacher
  const homerooms = school.homerooms.length
  return school.homerooms[position < homerooms ? position : (position - homerooms) * 2]
}

/** The teacher who also works at the next school (兼務): the first of those without a homeroom of their own. */
export const sharedTeacher = (school: School) => school.firstTeacher + school.homerooms.length
export const principal = (school: School) => school.firstTeacher + school.teachers - 2
export const vicePrincipal = (school: School) => school.firstTeacher + school.teachers - 1

/** People of the board itself (指導主事), numbered from 0. */
export const boardStaff = 3
