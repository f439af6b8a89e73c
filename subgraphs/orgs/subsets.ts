/**
 * The collections and relations whose elements this subgraph owns, each as an SQL condition over the rows `t`.
 * `parent` is an SQL expression for the sourcedId of the object that the list hangs on (REST binding, derived collections). $1 is the tenant
 * (oneroster/pageSql.ts): a set of ids that names the tenant of the row instead would be made anew for each row.
 */
export const subsets = {
  schools: () => `t.type = 'school'`,
  terms: () => `t.type = 'term'`,
  gradingPeriods: () => `t.type = 'gradingPeriod'`,
  classesOfSchool: (school: string) => `t.school_sourced_id = ${school}`,
  classesOfCourse: (course: string) => `t.course_sourced_id = ${course}`,
  classesOfTerm: (term: string) => `t.term_sourced_ids @> array[${term}]`,
  coursesOfSchool: (school: string) => `t.org_sourced_id = ${school}`,
  /** A session has no link to an org in the model: a school's terms are those that its classes use. */
  termsOfSchool: (school: string) =>
    `t.sourced_id in (select unnest(c.term_sourced_ids) from classes c` +
    ` where c.tenant_id = $1 and c.school_sourced_id = ${school} and c.status = 'active')` +
    // One that ended together with such a class stays among them, for clients that ask for changes.
    ` or t.status = 'tobedeleted' and exists (select from classes c where c.tenant_id = $1 and c.school_sourced_id = ${school}` +
    ` and c.status = 'tobedeleted' and c.date_last_modified = t.date_last_modified and t.sourced_id = any(c.term_sourced_ids))`,
  gradingPeriodsOfTerm: (term: string) => `t.type = 'gradingPeriod' and t.parent_sourced_id = ${term}`,
  /** Those that ended together with the enrollment included (migrations/1790000017000-endedMembers.ts). An array as in users/subsets.ts. */
  classesOfUser: (user: string) =>
    `t.sourced_id = any(array(select m.class_sourced_id from user_classes m where m.tenant_id = $1 and m.user_sourced_id = ${user}))`,
} as const
