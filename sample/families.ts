import type { District } from './district'
import { isWithin } from './random'
import type { Class, Grade, School } from './school'

/** A student in its place. Those numbered `options.students` and higher come new with a delta. */
export interface Student {
  readonly index: number
  readonly school: School
  readonly grade: Grade
  readonly homeroom: Class
  /** The number by which the family is known: that of the child, or of the elder of two. */
  readonly family: number
}

/** Of the students whose place in the next grade is taken, how many have their brother or sister there. */
const siblings = 0.2
const secondParents = 0.3

/** The students of a class's homeroom, in no meaningful order. */
export function* studentsOf(district: District, school: School, homeroom: Class): Generator<Student> {
  for (const { first, count } of homeroom.members) {
    const grade = school.grades.find((candidate) => contains(candidate, first))!
    for (let index = first; index < first + count; index++) {
      yield { index, school, grade, homeroom, family: familyOf(district, school, grade, index) }
    }
  }
}

/** The children of a family, by number: one or two. Of a newcomer's family, the newcomer. */
export function childrenOf(district: District, school: School, family: number): number[] {
  const grade = school.grades.find((candidate) => contains(candidate, family))
  const next = grade && grade.year % 2 === 0 ? school.grades[grade.year + 1] : undefined
  const place = family - (grade?.first ?? 0)
  return next && place < next.count && hasSibling(district, family) ? [family, next.first + place] : [family]
}

/** The numbers of the parents who are users: none, one or two. */
export function guardiansOf(district: District, family: number): number[] {
  if (!isWithin(district.options.guardians, district.draw.guardian(family))) return []
  return isWithin(secondParents, district.draw.secondGuardian(family)) ? [family * 2, family * 2 + 1] : [family * 2]
}

/** The student of that number; throws for one beyond the district. */
export function findStudent(district: District, index: number): Student {
  const school = district.schools.find(({ grades }) => grades.some((grade) => contains(grade, index)))!
  const grade = school.grades.find((candidate) => contains(candidate, index))!
  const homeroom = school.homerooms.find(({ members }) => members.some((range) => contains(range, index)))!
  return { index, school, grade, homeroom, family: familyOf(district, school, grade, index) }
}

export const contains = (range: { first: number; count: number }, index: number) =>
  index >= range.first && index < range.first + range.count

/** Siblings have the same place in two grades, the first, third or fifth and the one after it. */
function familyOf(district: District, school: School, grade: Grade, index: number): number {
  if (grade.year % 2 === 0) return index
  const before = school.grades[grade.year - 1]!
  const place = index - grade.first
  return place < before.count && hasSibling(district, before.first + place) ? before.first + place : index
}

const hasSibling = (district: District, index: number) => isWithin(siblings, district.draw.sibling(index))
