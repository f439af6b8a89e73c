import { profiles } from '../oneroster/csv'
import type { CompleteOptions } from './options'
import { cities } from './places'
import { planSchools, type School } from './school'
import { draws, uuids, type Draw } from './random'
import { boardCode } from './schoolCode'

/**
 * The plan of a district: schools, grades, classes and courses. People are no part of it: students are the numbers 0 to `students` - 1,
 * dealt to schools, grades and homerooms in order, so that a plan of 200,000 students is a few megabytes.
 */
export interface District {
  readonly options: CompleteOptions
  readonly city: string
  /** Users' addresses end in it. */
  readonly domain: string
  /** 教育委員会コード. */
  readonly code: string
  readonly calendar: Calendar
  readonly schools: readonly School[]
  readonly ids: Ids
  readonly draw: Record<(typeof drawNames)[number], Draw>
}

const drawNames = [
  'city',
  'schoolSize',
  'familyName',
  'givenName',
  'alias',
  'sibling',
  'guardian',
  'secondGuardian',
  'guardianName',
  'teacherFamilyName',
  'teacherName',
  'profile',
  'teacherProfile',
  'birthday',
] as const

export type Ids = ReturnType<typeof makeIds>

/** The one session of the district as the profile counts it. */
export interface Calendar {
  readonly title: string
  readonly firstDay: string
  readonly lastDay: string
  readonly schoolYear: string
}

/** Lays out the district that the options describe. */
export function planDistrict(options: CompleteOptions): District {
  const draw = Object.fromEntries(drawNames.map((name) => [name, draws(options.seed, name)])) as District['draw']
  const city = cities[draw.city(0) % cities.length]!
  const prefecture = 1 + (draw.city(1) % 47)
  // 250 to 289 are the numbers of no city in any prefecture.
  const municipality = 250 + (draw.city(2) % 40)
  return {
    options,
    city: city.name,
    domain: `${city.domain}.example.jp`,
    code: boardCode(prefecture, municipality),
    calendar: calendarOf(options),
    schools: planSchools(options, { city: city.name, prefecture, municipality }, draw.schoolSize),
    ids: makeIds(options.seed),
    draw,
  }
}

/** Base 1.2: endDate is exclusive, schoolYear the year in which it ends. Japan: 31 March, and the year of April. */
function calendarOf({ profile, year }: CompleteOptions): Calendar {
  const { japanese } = profiles[profile]
  return {
    title: `${year}年度`,
    firstDay: `${year}-04-01`,
    lastDay: japanese ? `${year + 1}-03-31` : `${year + 1}-04-01`,
    schoolYear: String(japanese ? year : year + 1),
  }
}

function makeIds(seed: string) {
  const of = (name: string) => uuids(seed, name)
  return {
    org: of('org'),
    session: of('session')(0),
    course: of('course'),
    class: of('class'),
    student: of('student'),
    teacher: of('teacher'),
    guardian: of('guardian'),
    staff: of('staff'),
    master: { student: of('master/s'), teacher: of('master/t'), guardian: of('master/g'), staff: of('master/a') },
    role: { student: of('role/s'), teacher: of('role/t'), guardian: of('role/g'), staff: of('role/a') },
    profile: { student: of('profile/s'), teacher: of('profile/t') },
    /** Of a student: index * 8 + slot. Of a teacher: class index * 2 + position among its teachers. */
    enrollment: { student: of('enrollment/s'), teacher: of('enrollment/t') },
  }
}
