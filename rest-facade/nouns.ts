/** The field of the graph that answers one object of each path noun. A list has the noun's own name. */
export const singular: Readonly<Record<string, string>> = {
  academicSessions: 'academicSession',
  classes: 'class',
  courses: 'course',
  // "demographics" is its own singular, so the graph says which one it means.
  demographics: 'demographicsOf',
  enrollments: 'enrollment',
  gradingPeriods: 'gradingPeriod',
  orgs: 'org',
  schools: 'school',
  students: 'student',
  teachers: 'teacher',
  terms: 'term',
  users: 'user',
}
