import { profiles, type ProfileId } from '../oneroster/csv'

/** What a caller may say about a sample district. */
export interface DistrictOptions {
  /** 1 to 5,000,000; 1,000 otherwise. */
  students?: number
  /** 1 to `students`; about one per 1,000 students otherwise, and at least three. */
  schools?: number
  profile?: ProfileId
  /** Any text; another seed is another district. */
  seed?: string | number
  /** 年度: the calendar year of its April. */
  year?: number
  /** Share of families (0 to 1) whose parents are users; true = 1. */
  guardians?: number | boolean
  /** Birth date and sex of students. */
  demographics?: boolean
  /** Share of students and teachers (0 to 1) with a user profile; true = 1. */
  userProfiles?: number | boolean
}

/** The same with nothing left open. */
export interface CompleteOptions {
  students: number
  schools: number
  profile: ProfileId
  seed: string
  year: number
  guardians: number
  demographics: boolean
  userProfiles: number
}

/** What a caller may say about a sample package. */
export interface SampleOptions extends DistrictOptions {
  /** ZIP to write, or an existing folder that gets `RO_YYYYMMDD_code.zip`; the current one otherwise. */
  out?: string
  /** An earlier package: what changed since then is written, of the same district. */
  deltaOf?: string
  /** Rows of the delta; 100 otherwise. */
  changes?: number
  /** Day of the data, YYYY-MM-DD; 1 April otherwise, and one day later for each delta. */
  date?: string
}

/** An option that cannot be followed. Its message says which one, what it may be and what came. */
export class OptionError extends Error {}

const studentsPerSchool = 1_000
const mostStudents = 5_000_000

/** Fills in defaults. Throws OptionError for a value out of its range. */
export function completeOptions(options: DistrictOptions): CompleteOptions {
  const students = integer('students', options.students ?? 1_000, 1, mostStudents)
  const schools = options.schools ?? Math.min(students, Math.max(3, Math.round(students / studentsPerSchool)))
  return {
    students,
    schools: integer('schools', schools, 1, students),
    profile: profileId(options.profile ?? 'jp-k12-1.0'),
    seed: String(options.seed ?? '1'),
    year: integer('year', options.year ?? 2026, 2000, 2098),
    guardians: share('guardians', options.guardians ?? 0),
    demographics: options.demographics ?? false,
    userProfiles: share('userProfiles', options.userProfiles ?? 0),
  }
}

/** The value when it is a whole number within the limits; throws OptionError otherwise. */
export function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new OptionError(`--${name} must be a whole number from ${least} to ${most}, not ${value}`)
}

function share(name: string, value: number | boolean): number {
  const number = Number(value)
  if (number >= 0 && number <= 1) return number
  throw new OptionError(`--${name} must be a share from 0 to 1, not ${value}`)
}

function profileId(value: string): ProfileId {
  if (Object.hasOwn(profiles, value)) return value as ProfileId
  throw new OptionError(`--profile must be one of ${Object.keys(profiles).join(', ')}, not ${value}`)
}

/** Throws OptionError when an option says something else than the package that a delta is made of. */
export function requireSame(given: DistrictOptions, options: CompleteOptions): void {
  const said = Object.entries(given).filter(([name, value]) => name in options && value !== undefined)
  for (const [name, value] of said) {
    const same = options[name as keyof CompleteOptions]
    const meant = typeof same === 'string' ? String(value) : Number(value)
    if (meant === (typeof same === 'string' ? same : Number(same))) continue
    throw new OptionError(`--${name} must be left out with --delta-of, or be ${same} as in that package, not ${value}`)
  }
}
