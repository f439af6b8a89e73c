/** A district with one school, one class, a teacher and two students: rows by file, under the base profile. Each call gives fresh copies. */
export function smallRoster(): Record<string, Record<string, string>[]> {
  const people = ['t1', 's1', 's2']
  return {
    'orgs.csv': [
      { sourcedId: 'district', name: 'Mirai Board', type: 'district' },
      { sourcedId: 'school', name: 'Mirai School', type: 'school', parentSourcedId: 'district' },
    ],
    'academicSessions.csv': [
      {
        ...{ sourcedId: 'year', title: '2026', type: 'schoolYear', schoolYear: '2026' },
        ...{ startDate: '2026-04-01', endDate: '2027-03-31' },
      },
    ],
    'courses.csv': [{ sourcedId: 'course', title: 'Japanese', orgSourcedId: 'school', schoolYearSourcedId: 'year' }],
    'classes.csv': [
      {
        ...{ sourcedId: 'class', title: 'Japanese 1', classType: 'scheduled', courseSourcedId: 'course' },
        ...{ schoolSourcedId: 'school', termSourcedIds: 'year' },
      },
    ],
    'users.csv': people.map((id) => ({
      ...{ sourcedId: id, enabledUser: 'true', username: `${id}@example.jp`, givenName: `Given ${id}` },
      ...{ familyName: 'Name', primaryOrgSourcedId: 'school', userIds: `{LDAP:${id}},{LTI:${id}}` },
    })),
    'roles.csv': people.map((id) => ({
      ...{ sourcedId: `role-${id}`, userSourcedId: id, roleType: 'primary', orgSourcedId: 'school' },
      role: id === 't1' ? 'teacher' : 'student',
    })),
    'enrollments.csv': people.map((id) => ({
      ...{ sourcedId: `enrollment-${id}`, classSourcedId: 'class', schoolSourcedId: 'school', userSourcedId: id },
      role: id === 't1' ? 'teacher' : 'student',
    })),
    'demographics.csv': [{ sourcedId: 's1', birthDate: '2019-04-02', sex: 'female' }],
  }
}

/** The roster of a hub as one comparable value: every row of every table, with its place on disk, so that a rewrite shows too. */
export const rosterFingerprint = `
  select 'orgs' as t, sourced_id, xmin::text, ctid::text, date_last_modified from orgs
  union all select 'academic_sessions', sourced_id, xmin::text, ctid::text, date_last_modified from academic_sessions
  union all select 'courses', sourced_id, xmin::text, ctid::text, date_last_modified from courses
  union all select 'classes', sourced_id, xmin::text, ctid::text, date_last_modified from classes
  union all select 'users', sourced_id, xmin::text, ctid::text, date_last_modified from users
  union all select 'roles', sourced_id, xmin::text, ctid::text, date_last_modified from roles
  union all select 'user_profiles', sourced_id, xmin::text, ctid::text, date_last_modified from user_profiles
  union all select 'enrollments', sourced_id, xmin::text, ctid::text, date_last_modified from enrollments
  union all select 'demographics', sourced_id, xmin::text, ctid::text, date_last_modified from demographics
  order by 1, 2`

/** A delta row: what bulk rows leave empty. */
export function changed(row: Record<string, string>, status: 'active' | 'tobedeleted' = 'active') {
  return { ...row, status, dateLastModified: '2026-05-01T00:00:00.000Z' }
}
