import { refused, taken, type CorpusCase, type Files, type Row } from './corpusCase'
import { rosterFileNames, type Generation, type RosterFileName } from './facts'
import { rosterFor, rosterWith } from './rosters'

const generation: Generation = 'base-1.2.1'
const made = (
  clause: string,
  name: string,
  files: Files,
  expected: CorpusCase['expected'],
  rest: Partial<CorpusCase> = {},
) => ({ name, clause, generation, files, expected, ...rest }) as CorpusCase
const withRow = (clause: string, name: string, file: RosterFileName, row: Row, expected: CorpusCase['expected']) =>
  made(clause, name, rosterWith(generation, file, row), expected)

/** Section 6: rows of one package among themselves. */
export const relationCases = (): CorpusCase[] => [...duplicates(), ...days(), ...subjects(), ...kinds(), ...people()]

const existing: Record<RosterFileName, string> = {
  'orgs.csv': 's',
  'academicSessions.csv': 'y',
  'courses.csv': 'c',
  'classes.csv': 'k',
  'users.csv': 'u',
  'roles.csv': 'ru',
  'userProfiles.csv': 'p',
  'enrollments.csv': 'eu',
  'demographics.csv': 'u',
}

function duplicates(): CorpusCase[] {
  return rosterFileNames.map((file) =>
    withRow(
      '6',
      `${file}: a sourcedId twice`,
      file,
      { sourcedId: existing[file] },
      refused(`row.duplicate ${file} sourcedId`),
    ),
  )
}

function days(): CorpusCase[] {
  const span = (
    file: RosterFileName,
    first: string,
    last: string,
    from: string,
    to: string,
    expected: CorpusCase['expected'],
  ) => withRow('6', `${file}: ${from} to ${to}`, file, { [first]: from, [last]: to }, expected)
  const reversed = (file: string, last: string) => refused(`row.dateOrder ${file} ${last}`)
  const [from, to] = ['2026-05-01', '2026-07-31']
  return [
    span('academicSessions.csv', 'startDate', 'endDate', to, from, reversed('academicSessions.csv', 'endDate')),
    span('academicSessions.csv', 'startDate', 'endDate', from, to, taken()),
    span('roles.csv', 'beginDate', 'endDate', to, from, reversed('roles.csv', 'endDate')),
    span('roles.csv', 'beginDate', 'endDate', from, to, taken()),
    span('roles.csv', 'beginDate', 'endDate', '', to, taken()),
    span('enrollments.csv', 'beginDate', 'endDate', to, from, reversed('enrollments.csv', 'endDate')),
    span('enrollments.csv', 'beginDate', 'endDate', from, to, taken()),
    span('enrollments.csv', 'beginDate', 'endDate', '2026-04-01', '2027-04-01', taken()),
    ...[
      ['2026-03-01', ''],
      ['2026-04-01', '2027-05-01'],
      ['', '2026-03-31'],
      ['2028-04-01', ''],
    ].map(([begin, end]) =>
      span(
        ...(['enrollments.csv', 'beginDate', 'endDate', begin!, end!] as const),
        taken('reference.enrollmentDates enrollments.csv beginDate'),
      ),
    ),
  ]
}

/** Section 3: as many subjects as codes where both are given. */
function subjects(): CorpusCase[] {
  return (['courses.csv', 'classes.csv'] as const).flatMap((file) => {
    const of = (subjects: string, subjectCodes: string, expected: CorpusCase['expected']) =>
      withRow('3', `${file}: subjects ${subjects}, codes ${subjectCodes}`, file, { subjects, subjectCodes }, expected)
    const wrong = refused(`row.subjectPairs ${file} subjectCodes`)
    return [
      of('a,b', '1,2', taken()),
      of('a', '1', taken()),
      of('a,b', '', taken()),
      of('', '1,2', taken()),
      of('a,b', '1', wrong),
      of('a', '1,2', wrong),
    ]
  })
}

/** References to schools and school years; terms of a class may be sessions of any type. */
function kinds(): CorpusCase[] {
  const org = (type: string): Row => ({ sourcedId: 'o', name: 'Other', type })
  const session = (type: string): Row => ({
    ...{ sourcedId: 'o', title: 'Other', type, startDate: '2026-04-01', endDate: '2026-09-30', schoolYear: '2027' },
  })
  const pointing = (file: RosterFileName, column: string, target: RosterFileName, row: Row): Files => {
    const files = rosterWith(generation, file, { [column]: 'o' })
    return { ...files, [target]: [...(files[target] as Row[]), row] }
  }
  const schools = (['classes.csv', 'enrollments.csv'] as const).flatMap((file) =>
    ['school', 'ext:branch', 'district', 'department', 'local', 'state', 'national'].map((type) => {
      const isSchool = type === 'school' || type.startsWith('ext:')
      const expected = isSchool ? taken() : refused(`reference.notSchool ${file} schoolSourcedId`)
      const files = pointing(file, 'schoolSourcedId', 'orgs.csv', org(type))
      return made('6', `${file}: a school of type ${type}`, files, expected)
    }),
  )
  const sessions = ['schoolYear', 'term', 'semester', 'gradingPeriod', 'ext:half'].flatMap((type) => {
    const expected =
      type === 'schoolYear' ? taken() : refused('reference.notSchoolYear courses.csv schoolYearSourcedId')
    const course = pointing('courses.csv', 'schoolYearSourcedId', 'academicSessions.csv', session(type))
    const terms = pointing('classes.csv', 'termSourcedIds', 'academicSessions.csv', session(type))
    return [
      made('6', `courses.csv: a school year of type ${type}`, course, expected),
      made('6', `classes.csv: a term of type ${type}`, terms, taken()),
    ]
  })
  return [...schools, ...sessions]
}

function people(): CorpusCase[] {
  const roles = (name: string, row: Row, expected: CorpusCase['expected']) =>
    withRow('6', name, 'roles.csv', row, expected)
  const enrolled = (name: string, row: Row, expected: CorpusCase['expected'], first: Row = {}) => {
    const files = rosterWith(generation, 'enrollments.csv', {
      userSourcedId: 'u',
      role: 'teacher',
      primary: 'true',
      ...row,
    })
    Object.assign((files['enrollments.csv'] as Row[])[0]!, first)
    return made('6', name, files, expected)
  }
  const second = taken('reference.primaryTeacherTwice enrollments.csv primary')
  const half = {
    first: { beginDate: '2026-04-01', endDate: '2026-10-01' },
    last: { beginDate: '2026-10-01', endDate: '2027-03-31' },
  }
  const user = (primaryOrgSourcedId: string) => {
    const files = rosterFor(generation, 'users.csv')
    files['users.csv']![1]!['primaryOrgSourcedId'] = primaryOrgSourcedId
    return files
  }
  return [
    roles(
      'a second primary role in one school',
      { orgSourcedId: 's' },
      refused('reference.primaryRoleTwice roles.csv roleType'),
    ),
    roles('a primary and a secondary role', { orgSourcedId: 's', roleType: 'secondary' }, taken()),
    roles('primary roles in two organisations', { orgSourcedId: 'd' }, taken()),
    roles('a profile of the same user', { userProfileSourcedId: 'p' }, taken()),
    roles(
      'a profile of another user',
      { userProfileSourcedId: 'p', userSourcedId: 't' },
      refused('reference.profileOfOther roles.csv userProfileSourcedId'),
    ),
    made('6', 'a primary organisation with a role', user('s'), taken()),
    made(
      '6',
      'a primary organisation without a role',
      user('d'),
      taken('reference.primaryOrg users.csv primaryOrgSourcedId'),
    ),
    enrolled('two primary teachers at a time', {}, second),
    enrolled('two primary teachers whose days overlap', half.last, second, {
      beginDate: '2026-04-01',
      endDate: '2026-12-01',
    }),
    enrolled('two primary teachers one after the other', half.last, taken(), half.first),
    enrolled('a second teacher who is not primary', { primary: 'false' }, taken()),
    enrolled('a second teacher of whom nothing is said', { primary: '' }, taken()),
    enrolled('a role that roles.csv does not say', { role: 'proctor', primary: '' }, taken()),
  ]
}
