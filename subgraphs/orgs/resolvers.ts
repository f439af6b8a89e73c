import { entities } from '../../oneroster/model'
import type { Resolvers } from '../../platform/subgraph'
import { childrenField } from '../roster/children'
import { emptyTexts } from '../roster/emptyTexts'
import { listField, pageResolvers } from '../roster/list'
import { recordField, renderedField } from '../roster/record'
import { referenceFields, resolveReference } from '../roster/references'
import { scalars } from '../roster/scalars'
import { needs } from '../roster/scopes'
import { writeFields } from '../roster/write'
import { subsets } from './subsets'

const { org, academicSession, course, class: klass } = entities
const owned = ['org', 'academicSession', 'course', 'class'] as const

export const resolvers: Resolvers = {
  ...scalars,
  Query: {
    orgs: listField(org, 'orgs', undefined, needs.root),
    org: recordField(org, undefined, needs.root),
    schools: listField(org, 'schools', subsets.schools, needs.root),
    school: recordField(org, subsets.schools, needs.root),
    academicSessions: listField(academicSession, 'academicSessions', undefined, needs.root),
    academicSession: recordField(academicSession, undefined, needs.root),
    terms: listField(academicSession, 'terms', subsets.terms, needs.root),
    term: recordField(academicSession, subsets.terms, needs.root),
    gradingPeriods: listField(academicSession, 'gradingPeriods', subsets.gradingPeriods, needs.root),
    gradingPeriod: recordField(academicSession, subsets.gradingPeriods, needs.root),
    courses: listField(course, 'courses', undefined, needs.root),
    course: recordField(course, undefined, needs.root),
    classes: listField(klass, 'classes', undefined, needs.root),
    class: recordField(klass, undefined, needs.root),
  },
  Mutation: { ...writeFields(org), ...writeFields(academicSession), ...writeFields(course), ...writeFields(klass) },
  Org: {
    ...emptyTexts(org),
    ...referenceFields(org, owned),
    __resolveReference: resolveReference(org),
    rendered: renderedField(org),
    children: childrenField(org),
    class: recordField(klass, subsets.classesOfSchool, needs.relation),
    classes: listField(klass, 'classesOfSchool', subsets.classesOfSchool, needs.relation),
    courses: listField(course, 'coursesOfSchool', subsets.coursesOfSchool, needs.relation),
    terms: listField(academicSession, 'termsOfSchool', subsets.termsOfSchool, needs.relation),
  },
  AcademicSession: {
    ...referenceFields(academicSession, owned),
    __resolveReference: resolveReference(academicSession),
    rendered: renderedField(academicSession),
    children: childrenField(academicSession),
    classes: listField(klass, 'classesOfTerm', subsets.classesOfTerm, needs.relation),
    gradingPeriods: listField(academicSession, 'gradingPeriodsOfTerm', subsets.gradingPeriodsOfTerm, needs.relation),
  },
  Course: {
    ...emptyTexts(course),
    ...referenceFields(course, owned),
    __resolveReference: resolveReference(course),
    rendered: renderedField(course),
    classes: listField(klass, 'classesOfCourse', subsets.classesOfCourse, needs.relation),
  },
  Class: {
    ...referenceFields(klass, owned),
    __resolveReference: resolveReference(klass),
    rendered: renderedField(klass),
  },
  User: { classes: listField(klass, 'classesOfUser', subsets.classesOfUser, needs.relation) },
  OrgPage: pageResolvers,
  AcademicSessionPage: pageResolvers,
  CoursePage: pageResolvers,
  ClassPage: pageResolvers,
}
