import type { CompleteOptions } from './options'
import { neighbourhoods } from './places'
import type { Draw } from './random'
import { schoolCode } from './schoolCode'
import { kindOfSchool, type SchoolKind, type Subject } from './schoolKinds'

export interface School {
  readonly index: number
  readonly kind: SchoolKind
  readonly name: string
  /** 学校コード. */
  readonly code: string
  readonly grades: readonly Grade[]
  readonly homerooms: readonly Class[]
  readonly subjectClasses: readonly Class[]
  readonly courses: readonly Course[]
  /** Number of the first of its teachers; the last two are principal and vice principal. */
  readonly firstTeacher: number
  readonly teachers: number
}

/** Students `first` to `first + count - 1`. */
export interface Range {
  readonly first: number
  readonly count: number
}

export interface Grade extends Range {
  readonly code: string
  /** From 0. */
  readonly year: number
}

export interface Class {
  readonly index: number
  /** Position among the homerooms, or the subject classes, of its school. */
  readonly position: number
  readonly title: string
  readonly grades: readonly string[]
  readonly course: Course
  readonly members: readonly Range[]
  readonly specialNeeds: boolean
  /** Which of a student's six classes it is: 0 homeroom, 1 to 5 subjects. */
  readonly slot: number
}

export interface Course {
  readonly index: number
  /** Undefined: ホームルーム. */
  readonly subject?: Subject
  readonly grades: readonly string[]
}

export const classesOf = (school: School) => [...school.homerooms, ...school.subjectClasses]

/** Where the schools stand: it names them and gives their codes. */
export interface Site {
  readonly city: string
  /** 1 to 47. */
  readonly prefecture: number
  readonly municipality: number
}

/** Homerooms that learn a subject together at most; a larger grade has several groups. */
const homeroomsPerGroup = 10
/** A grade of this many has two homerooms although one would hold them. */
const twoHomeroomsFrom = 12
const names = neighbourhoods.split(' ')

/** Deals the students to schools of different size, and plans the classes and courses of each. */
export function planSchools(options: CompleteOptions, site: Site, size: Draw): School[] {
  const weights = Array.from({ length: options.schools }, (_, index) => 75 + (size(index) % 51))
  let [classes, courses, teachers] = [0, 0, 0]
  return shareOut(options.students, weights).map((students, index) => {
    const kind = kindOfSchool(index)
    const school = planSchool(kind, students, { classes, courses })
    const staff = { firstTeacher: teachers, teachers: teachersOf(school.homerooms.length) }
    classes += school.homerooms.length + school.subjectClasses.length
    courses += school.courses.length
    teachers += staff.teachers
    const code = schoolCode(kind.code, site.prefecture, site.municipality * 10_000 + index)
    return { index, kind, name: `${site.city}立${nameOf(index)}${kind.name}`, code, ...school, ...staff }
  })
}

/** One for each homeroom, one to help in every second, a principal and a vice principal. */
const teachersOf = (homerooms: number) => homerooms + Math.ceil(homerooms / 2) + 2

function nameOf(index: number): string {
  const round = Math.floor(index / names.length)
  return names[index % names.length]! + (round ? `第${round + 1}` : '')
}

/** Divides `total` students in proportion to the weights, without losing one: each school has at least one, ranges in order. */
function shareOut(total: number, weights: readonly number[]): Range[] {
  const spare = total - weights.length
  const sum = weights.reduce((all, weight) => all + weight, 0)
  let [first, before] = [0, 0]
  return weights.map((weight) => {
    const count = 1 + Math.floor((spare * (before + weight)) / sum) - Math.floor((spare * before) / sum)
    const range = { first, count }
    before += weight
    first += count
    return range
  })
}

/** Divides a range into equal parts; some are empty when there are fewer students than parts. */
function divide({ first, count }: Range, parts: number): Range[] {
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((count * part) / parts)
    return { first: first + from, count: Math.floor((count * (part + 1)) / parts) - from }
  })
}

function planSchool(kind: SchoolKind, students: Range, next: { classes: number; courses: number }) {
  const grades = divide(students, kind.grades.length).map((range, year) => ({
    ...range,
    year,
    code: kind.grades[year]!,
  }))
  const courses = planCourses(kind, next.courses)
  const homerooms = planHomerooms(kind, grades, courses[0]!, next.classes)
  const subjectClasses = planSubjectClasses(kind, grades, homerooms, courses, next.classes + homerooms.length)
  return { grades, courses, homerooms, subjectClasses }
}

/** ホームルーム, then each subject once with the grades that learn it. */
function planCourses(kind: SchoolKind, first: number): Course[] {
  const taught = new Map<Subject, string[]>()
  kind.grades.forEach((code, year) => {
    for (const subject of kind.subjects(year)) taught.set(subject, [...(taught.get(subject) ?? []), code])
  })
  const subjects = Array.from(taught, ([subject, grades]) => ({ subject, grades }))
  return [{ grades: kind.grades }, ...subjects].map((course, position) => ({ ...course, index: first + position }))
}

/** 1年1組 and so on. The last student of each grade is in the special-needs homeroom, where the school has one. */
function planHomerooms(kind: SchoolKind, grades: readonly Grade[], course: Course, firstIndex: number): Class[] {
  const special = kind.hasSpecialNeeds && grades.every((grade) => grade.count >= twoHomeroomsFrom)
  const ordinary = grades.flatMap((grade) =>
    divideIntoHomerooms({ first: grade.first, count: grade.count - Number(special) }, kind).map((range, number) => ({
      title: `${grade.year + 1}年${number + 1}組`,
      grades: [grade.code],
      members: [range],
      specialNeeds: false,
    })),
  )
  const lasts = grades.map((grade) => ({ first: grade.first + grade.count - 1, count: 1 }))
  const extra = { title: 'ひまわり学級', grades: kind.grades, members: lasts, specialNeeds: true }
  return [...ordinary, ...(special ? [extra] : [])].map((homeroom, position) => ({
    ...homeroom,
    index: firstIndex + position,
    position,
    course,
    slot: 0,
  }))
}

function divideIntoHomerooms(range: Range, kind: SchoolKind): Range[] {
  const least = range.count >= twoHomeroomsFrom ? 2 : Math.min(range.count, 1)
  return divide(range, Math.max(least, Math.ceil(range.count / kind.homeroomSize)))
}

/** 1年国語 and so on: the students of a grade, or of up to ten of its homerooms, together. */
function planSubjectClasses(
  kind: SchoolKind,
  grades: readonly Grade[],
  homerooms: readonly Class[],
  courses: readonly Course[],
  firstIndex: number,
): Class[] {
  const classes = grades.flatMap((grade) => {
    const count = homerooms.filter((homeroom) => !homeroom.specialNeeds && homeroom.grades[0] === grade.code).length
    const groups = grade.count ? divide(grade, Math.max(1, Math.ceil(count / homeroomsPerGroup))) : []
    return kind.subjects(grade.year).flatMap((subject, at) =>
      groups.map((members, group) => ({
        title: `${grade.year + 1}年${subject.name}${groups.length > 1 ? `(${group + 1})` : ''}`,
        grades: [grade.code],
        members: [members],
        specialNeeds: false,
        course: courses.find((course) => course.subject === subject)!,
        slot: at + 1,
      })),
    )
  })
  return classes.map((klass, position) => ({ ...klass, index: firstIndex + position, position }))
}
