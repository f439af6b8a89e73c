/**
 * The tables of the 1.1 service (section 4 of its document) in short: `!` required, `?` optional. Whatever a record has beyond them is wrong.
 */
const shapes: Record<string, Record<string, string>> = {
  org: { name: 'string!', type: 'orgType!', identifier: 'string!', parent: 'org?', children: 'org[]!' },
  academicSession: {
    title: 'string!',
    startDate: 'date!',
    endDate: 'date!',
    type: 'sessionType!',
    schoolYear: 'year!',
    parent: 'academicSession?',
    children: 'academicSession[]!',
  },
  course: {
    title: 'string!',
    schoolYear: 'academicSession?',
    courseCode: 'string!',
    grades: 'string[]!',
    subjects: 'string[]!',
    subjectCodes: 'string[]!',
    org: 'org?',
  },
  class: {
    title: 'string!',
    classCode: 'string?',
    classType: 'classType!',
    location: 'string?',
    grades: 'string[]!',
    subjects: 'string[]!',
    subjectCodes: 'string[]!',
    course: 'course!',
    school: 'org!',
    terms: 'academicSession[]!',
    periods: 'string[]!',
  },
  user: {
    username: 'string!',
    userIds: 'userId[]!',
    enabledUser: 'boolean!',
    givenName: 'string!',
    familyName: 'string!',
    middleName: 'string?',
    role: 'userRole!',
    identifier: 'string!',
    email: 'string?',
    sms: 'string?',
    phone: 'string?',
    agents: 'user[]!',
    orgs: 'org[]!',
    grades: 'string[]!',
  },
  enrollment: {
    user: 'user!',
    class: 'class!',
    school: 'org!',
    role: 'enrollmentRole!',
    primary: 'boolean?',
    beginDate: 'date?',
    endDate: 'date?',
  },
  demographics: {
    birthDate: 'date?',
    sex: 'sex?',
    americanIndianOrAlaskaNative: 'boolean?',
    asian: 'boolean?',
    blackOrAfricanAmerican: 'boolean?',
    nativeHawaiianOrOtherPacificIslander: 'boolean?',
    white: 'boolean?',
    demographicRaceTwoOrMoreRaces: 'boolean?',
    hispanicOrLatinoEthnicity: 'boolean?',
    countryOfBirthCode: 'string?',
    stateOfBirthAbbreviation: 'string?',
    cityOfBirth: 'string?',
    publicSchoolResidenceStatus: 'string?',
  },
}
const base = { sourcedId: 'string!', status: 'status!', dateLastModified: 'dateTime!', metadata: 'strings?' }

const patterns: Record<string, RegExp> = {
  string: /^[^]*$/,
  status: /^(active|tobedeleted)$/,
  dateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
  year: /^\d{4}$/,
  boolean: /^(true|false)$/,
  orgType: /^(department|school|district|local|state|national)$/,
  sessionType: /^(gradingPeriod|semester|schoolYear|term)$/,
  classType: /^(homeroom|scheduled)$/,
  userRole: /^(administrator|aide|guardian|parent|proctor|relative|student|teacher)$/,
  enrollmentRole: /^(administrator|proctor|student|teacher)$/,
  sex: /^(male|female)$/,
}
const collections: Record<string, string> = {
  org: 'orgs',
  academicSession: 'academicSessions',
  course: 'courses',
  class: 'classes',
  user: 'users',
}

/** What is wrong with a record of the 1.1 service; empty when nothing is. `address` is where hrefs must lead. */
export function problems(kind: string, record: Record<string, unknown>, address: string): string[] {
  const shape: Record<string, string> = { ...base, ...shapes[kind] }
  const unknown = Object.keys(record).filter((member) => !(member in shape))
  const wrong = Object.entries(shape).filter(([member, type]) => {
    if (record[member] === undefined) return type.endsWith('!')
    return !fits(type.slice(0, -1), record[member], address)
  })
  return [
    ...unknown.map((member) => `${member} is unknown`),
    ...wrong.map(([member, type]) => `${member} is no ${type}`),
  ]
}

function fits(type: string, value: unknown, address: string): boolean {
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((item) => fits(type.slice(0, -2), item, address))
  if (patterns[type]) return typeof value === 'string' && patterns[type].test(value)
  if (type === 'strings')
    return Object.values(value as object).every((item) => item === null || typeof item === 'string')
  const members = value as Record<string, string>
  if (type === 'userId') return typeof members['type'] === 'string' && typeof members['identifier'] === 'string'
  const href = `${address}/${collections[type]}/${encodeURIComponent(members['sourcedId'] ?? '').replaceAll('%40', '@')}`
  return Object.keys(members).length === 3 && members['type'] === type && members['href'] === href
}
