import { entities } from '../../oneroster/model'
import type { Resolvers } from '../../platform/subgraph'
import { listField, pageResolvers } from '../roster/list'
import { recordField, renderedField } from '../roster/record'
import { referenceFields, resolveReference } from '../roster/references'
import { scalars } from '../roster/scalars'
import { needs } from '../roster/scopes'
import { writeFields } from '../roster/write'
import { subsets } from './subsets'

const { enrollment } = entities

export const resolvers: Resolvers = {
  ...scalars,
  Query: {
    enrollments: listField(enrollment, 'enrollments', undefined, needs.root),
    enrollment: recordField(enrollment, undefined, needs.root),
  },
  Mutation: writeFields(enrollment),
  Enrollment: {
    ...referenceFields(enrollment, ['enrollment']),
    __resolveReference: resolveReference(enrollment),
    rendered: renderedField(enrollment),
  },
  Class: { enrollments: listField(enrollment, 'ofClass', subsets.ofClass, needs.relation) },
  Org: { enrollments: listField(enrollment, 'ofSchool', subsets.ofSchool, needs.relation) },
  User: { enrollments: listField(enrollment, 'ofUser', subsets.ofUser, needs.relation) },
  EnrollmentPage: pageResolvers,
}
