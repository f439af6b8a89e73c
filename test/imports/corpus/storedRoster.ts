import type { Row } from './corpusCase'

/** What another source has stored before: a school with a class, a teacher and a student. */
export function storedRoster(): Record<string, Row[]> {
  return {
    'orgs.csv': [
      { sourcedId: 'stored-d', name: 'Board', type: 'district' },
      { sourcedId: 'stored-s', name: 'School', type: 'school', parentSourcedId: 'stored-d' },
    ],
    'academicSessions.csv': [
      {
        ...{ sourcedId: 'stored-y', title: 'Year', type: 'schoolYear', startDate: '2026-04-01', endDate: '2027-03-31' },
        schoolYear: '2027',
      },
    ],
    'courses.csv': [
      { sourcedId: 'stored-c', title: 'Course', orgSourcedId: 'stored-s', schoolYearSourcedId: 'stored-y' },
    ],
    'classes.csv': [
      {
        ...{ sourcedId: 'stored-k', title: 'Class', classType: 'homeroom', courseSourcedId: 'stored-c' },
        ...{ schoolSourcedId: 'stored-s', termSourcedIds: 'stored-y' },
      },
    ],
    'users.csv': ['stored-t', 'stored-u'].map((sourcedId) => ({
      ...{ sourcedId, enabledUser: 'true', username: sourcedId, givenName: 'Given', familyName: 'Family' },
    })),
    'roles.csv': ['t', 'u'].map((word) => ({
      ...{
        sourcedId: `stored-r${word}`,
        userSourcedId: `stored-${word}`,
        roleType: 'primary',
        orgSourcedId: 'stored-s',
      },
      role: word === 't' ? 'teacher' : 'student',
    })),
    'enrollments.csv': ['t', 'u'].map((word) => ({
      ...{ sourcedId: `stored-e${word}`, classSourcedId: 'stored-k', schoolSourcedId: 'stored-s' },
      ...{ userSourcedId: `stored-${word}`, role: word === 't' ? 'teacher' : 'student', primary: String(word === 't') },
    })),
  }
}
