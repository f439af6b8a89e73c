import { entities, type EntityName } from './model'
import { scopes, type Scope } from './scopes'

/** One operation of the rostering service. All are GETs (OneRoster 1.2 Rostering OpenAPI, paths). */
export interface Endpoint {
  readonly path: string
  readonly operationId: string
  /** `list` takes limit, offset, sort, orderBy, filter and fields; `one` takes fields. */
  readonly answers: 'list' | 'one'
  readonly entity: EntityName
  /** The one member of the answer: plural for a list, singular for one; named by the base entity, not by the path. */
  readonly rootKey: string
  /** Any one of them opens the operation. */
  readonly scopes: readonly Scope[]
}

/** The standard's base path, under which every href stands, and a second one that some clients build. Same answers. */
export const basePath = '/ims/oneroster/rostering/v1p2'
export const basePaths = [basePath, '/ims/oneroster/v1p2'] as const

const core = [scopes.roster, scopes.rosterCore] as const
const roster = [scopes.roster] as const
const demographics = [scopes.demographics] as const

const list = (path: string, operationId: string, entity: EntityName, opens: readonly Scope[]): Endpoint => ({
  path,
  operationId,
  answers: 'list',
  entity,
  rootKey: entities[entity].collection,
  scopes: opens,
})
const one = (path: string, operationId: string, entity: EntityName, opens: readonly Scope[]): Endpoint => ({
  ...list(path, operationId, entity, opens),
  answers: 'one',
  rootKey: entity,
})

/** The 41 operations of the rostering service, in the order of the standard's document. */
// prettier-ignore
export const endpoints: readonly Endpoint[] = [
  list('/academicSessions', 'getAllAcademicSessions', 'academicSession', core),
  one('/academicSessions/{sourcedId}', 'getAcademicSession', 'academicSession', core),
  list('/classes', 'getAllClasses', 'class', core),
  list('/classes/{classSourcedId}/students', 'getStudentsForClass', 'user', roster),
  list('/classes/{classSourcedId}/teachers', 'getTeachersForClass', 'user', roster),
  one('/classes/{sourcedId}', 'getClass', 'class', core),
  list('/courses', 'getAllCourses', 'course', core),
  list('/courses/{courseSourcedId}/classes', 'getClassesForCourse', 'class', roster),
  one('/courses/{sourcedId}', 'getCourse', 'course', core),
  list('/demographics', 'getAllDemographics', 'demographics', demographics),
  one('/demographics/{sourcedId}', 'getDemographics', 'demographics', demographics),
  list('/enrollments', 'getAllEnrollments', 'enrollment', core),
  one('/enrollments/{sourcedId}', 'getEnrollment', 'enrollment', core),
  list('/gradingPeriods', 'getAllGradingPeriods', 'academicSession', core),
  one('/gradingPeriods/{sourcedId}', 'getGradingPeriod', 'academicSession', core),
  list('/orgs', 'getAllOrgs', 'org', core),
  one('/orgs/{sourcedId}', 'getOrg', 'org', core),
  list('/schools', 'getAllSchools', 'org', core),
  list('/schools/{schoolSourcedId}/classes', 'getClassesForSchool', 'class', roster),
  list('/schools/{schoolSourcedId}/classes/{classSourcedId}/enrollments', 'getEnrollmentsForClassInSchool', 'enrollment', roster),
  list('/schools/{schoolSourcedId}/classes/{classSourcedId}/students', 'getStudentsForClassInSchool', 'user', roster),
  list('/schools/{schoolSourcedId}/classes/{classSourcedId}/teachers', 'getTeachersForClassInSchool', 'user', roster),
  list('/schools/{schoolSourcedId}/courses', 'getCoursesForSchool', 'course', roster),
  list('/schools/{schoolSourcedId}/enrollments', 'getEnrollmentsForSchool', 'enrollment', roster),
  list('/schools/{schoolSourcedId}/students', 'getStudentsForSchool', 'user', roster),
  list('/schools/{schoolSourcedId}/teachers', 'getTeachersForSchool', 'user', roster),
  list('/schools/{schoolSourcedId}/terms', 'getTermsForSchool', 'academicSession', roster),
  one('/schools/{sourcedId}', 'getSchool', 'org', core),
  list('/students', 'getAllStudents', 'user', core),
  one('/students/{sourcedId}', 'getStudent', 'user', core),
  list('/students/{studentSourcedId}/classes', 'getClassesForStudent', 'class', roster),
  list('/teachers', 'getAllTeachers', 'user', core),
  one('/teachers/{sourcedId}', 'getTeacher', 'user', core),
  list('/teachers/{teacherSourcedId}/classes', 'getClassesForTeacher', 'class', roster),
  list('/terms', 'getAllTerms', 'academicSession', core),
  one('/terms/{sourcedId}', 'getTerm', 'academicSession', core),
  list('/terms/{termSourcedId}/classes', 'getClassesForTerm', 'class', roster),
  list('/terms/{termSourcedId}/gradingPeriods', 'getGradingPeriodsForTerm', 'academicSession', roster),
  list('/users', 'getAllUsers', 'user', core),
  one('/users/{sourcedId}', 'getUser', 'user', core),
  list('/users/{userSourcedId}/classes', 'getClassesForUser', 'class', roster),
]
