import { heldSql } from '../../oneroster/heldSql'

/**
 * The collections and relations whose elements are users, each as an SQL condition over the rows `t`.
 * `parent` is an SQL expression for the sourcedId of the object that the list hangs on (REST binding, derived collections). $1 is the tenant
 * (oneroster/pageSql.ts): a set of ids that names the tenant of the row instead would be made anew for each row.
 */
export const subsets = {
  students: () => holds('student'),
  teachers: () => holds('teacher'),
  studentsOfSchool: (school: string) => ofSchool('student', school),
  teachersOfSchool: (school: string) => ofSchool('teacher', school),
  studentsOfClass: (klass: string) => ofClass('student', klass),
  teachersOfClass: (klass: string) => ofClass('teacher', klass),
} as const

/** Whether the class or school of a sourcedId is there, as the orgs subgraph would say: a record marked tobedeleted is. */
export const parents = {
  class: (klass: string) => `exists (select from classes p where p.tenant_id = $1 and p.sourced_id = ${klass})`,
  school: (school: string) =>
    `exists (select from orgs p where p.tenant_id = $1 and p.sourced_id = ${school} and p.type = 'school')`,
} as const

/** Users who hold the role, in whatever org. */
function holds(role: string): string {
  return (
    `exists (select 1 from roles r where r.tenant_id = t.tenant_id and r.user_sourced_id = t.sourced_id` +
    ` and r.role = '${role}' and ${heldSql('r', 't')})`
  )
}

/**
 * Union of those with the role in that org and those enrolled with that role in a class of that school. Who ended together with the role is among
 * them (migrations/1790000017000-endedMembers.ts); who had no role there but an enrollment is not: a school has tens of thousands of enrollments
 * that ended, and to look the user of each up would make every page several times as slow.
 */
function ofSchool(role: string, school: string): string {
  return (
    `t.sourced_id in (select r.user_sourced_id from org_users r where r.tenant_id = $1 and r.org_sourced_id = ${school}` +
    ` and r.role = '${role}'` +
    ` union select m.user_sourced_id from class_members m where m.tenant_id = $1 and m.school_sourced_id = ${school} and m.role = '${role}')`
  )
}

/**
 * The role of the enrollment counts, not the role of the user. Who ended together with the enrollment is among them. An array is made once and
 * looked up: of `in` a plan for any class and any limit may walk the users in order until the page is full.
 */
function ofClass(role: string, klass: string): string {
  return (
    `t.sourced_id = any(array(select m.user_sourced_id from class_users m where m.tenant_id = $1` +
    ` and m.class_sourced_id = ${klass} and m.role = '${role}'))`
  )
}
