/** The relations whose elements are enrollments, each as an SQL condition over the rows `t` (REST binding, derived collections). */
export const subsets = {
  ofClass: (klass: string) => `t.class_sourced_id = ${klass}`,
  ofSchool: (school: string) => `t.school_sourced_id = ${school}`,
  ofUser: (user: string) => `t.user_sourced_id = ${user}`,
} as const
