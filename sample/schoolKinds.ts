/** What differs between 小学校, 中学校 and 高等学校: codes, grades and what is taught. */
export interface SchoolKind {
  /** First two characters of the 学校コード. */
  readonly code: string
  readonly name: string
  /** Codes of orders `grades` (MEXT/APPLIC style), first year first. */
  readonly grades: readonly string[]
  /** Most students a homeroom may have by law. */
  readonly homeroomSize: number
  /** Age on 2 April of the first year; a school year's children are born from then to the next 1 April. */
  readonly firstAge: number
  readonly hasSpecialNeeds: boolean
  /** Five subjects for each grade. */
  readonly subjects: (grade: number) => readonly Subject[]
}

export interface Subject {
  readonly name: string
  /** Empty where no code list exists (高等学校). */
  readonly code: string
}

/**
 * The codes are those of the Japan profile. Which subject has which code is this sample's own choice, in the order of the course of study:
 * no source of the official table could be read, so take it for sample data and for nothing else.
 */
const subject = (name: string, code = ''): Subject => ({ name, code })
const [japanese, arithmetic, sports] = [subject('国語', 'P010'), subject('算数', 'P030'), subject('体育', 'P090')]
const lowerGrades = [japanese, arithmetic, subject('生活', 'P050'), subject('音楽', 'P060'), sports]
const upperGrades = [japanese, subject('社会', 'P020'), arithmetic, subject('理科', 'P040'), sports]
const lowerSecondary = [
  subject('国語', 'J010'),
  subject('社会', 'J020'),
  subject('数学', 'J030'),
  subject('理科', 'J040'),
  subject('外国語', 'J090'),
]
const upperSecondary = ['国語', '地理歴史', '数学', '理科', '外国語'].map((name) => subject(name))

const elementary: SchoolKind = {
  code: 'B1',
  name: '小学校',
  grades: ['P1', 'P2', 'P3', 'P4', 'P5', 'P6'],
  homeroomSize: 35,
  firstAge: 6,
  hasSpecialNeeds: true,
  subjects: (grade) => (grade < 2 ? lowerGrades : upperGrades),
}
const lower: SchoolKind = {
  code: 'C1',
  name: '中学校',
  grades: ['J1', 'J2', 'J3'],
  homeroomSize: 35,
  firstAge: 12,
  hasSpecialNeeds: true,
  subjects: () => lowerSecondary,
}
const upper: SchoolKind = {
  code: 'D1',
  name: '高等学校',
  grades: ['H1', 'H2', 'H3'],
  homeroomSize: 40,
  firstAge: 15,
  hasSpecialNeeds: false,
  subjects: () => upperSecondary,
}

/** The kind of the n-th school of a district: half are 小学校, as six of twelve grades are theirs. */
export function kindOfSchool(index: number): SchoolKind {
  return [elementary, lower, upper, elementary][index % 4]!
}
