import { profileId } from '../../oneroster/profileId'
import { entities } from '../../oneroster/model'
import { requireScope } from '../../platform/identity'
import type { Resolvers } from '../../platform/subgraph'
import type { RosterContext } from '../roster/context'
import type { RosterRow } from '../roster/entitySchema'
import { listField, pageResolvers } from '../roster/list'
import { listBelowField } from '../roster/listBelow'
import { loadRecord, recordField, renderedField, type Stub } from '../roster/record'
import { referenceFields, resolveReference } from '../roster/references'
import { scalars } from '../roster/scalars'
import { needs } from '../roster/scopes'
import { writeFields } from '../roster/write'
import { loadRoles, loadUserProfiles } from './loaders'
import { parents, subsets } from './subsets'

const { user, role, demographics } = entities
const owned = ['user', 'demographics'] as const

/** What REST asks for below a class or a school, in one statement (docs/decisions/gateway-paths.md). */
const listsBelow = {
  studentsOfClass: listBelowField(user, 'studentsOfClass', subsets.studentsOfClass, needs.relation, parents.class),
  teachersOfClass: listBelowField(user, 'teachersOfClass', subsets.teachersOfClass, needs.relation, parents.class),
  studentsOfSchool: listBelowField(user, 'studentsOfSchool', subsets.studentsOfSchool, needs.relation, parents.school),
  teachersOfSchool: listBelowField(user, 'teachersOfSchool', subsets.teachersOfSchool, needs.relation, parents.school),
}

export const resolvers: Resolvers = {
  ...scalars,
  Query: {
    users: listField(user, 'users', undefined, needs.root),
    user: recordField(user, undefined, needs.root),
    students: listField(user, 'students', subsets.students, needs.root),
    student: recordField(user, subsets.students, needs.root),
    teachers: listField(user, 'teachers', subsets.teachers, needs.root),
    teacher: recordField(user, subsets.teachers, needs.root),
    ...listsBelow,
    demographics: listField(demographics, 'demographics', undefined, needs.demographics),
    demographicsOf: recordField(demographics, undefined, needs.demographics),
  },
  Mutation: { ...writeFields(user), ...writeFields(demographics) },
  User: {
    ...referenceFields(user, owned),
    __resolveReference: resolveReference(user),
    rendered: renderedField(user),
    roles: (row: RosterRow, _args: unknown, context: RosterContext) => loadRoles(row, context),
    userProfiles: (row: RosterRow, _args: unknown, context: RosterContext) => loadUserProfiles(row, context),
    // Reached from a user, demographics need their own scope all the same.
    demographics: (row: Stub, _args: unknown, context: RosterContext) => {
      requireScope(context.identity, ...needs.demographics)
      return loadRecord(demographics, row.sourcedId, context)
    },
  },
  Role: {
    ...referenceFields(role, owned),
    userProfile: (row: { userProfileSourcedId: string | null }) =>
      row.userProfileSourcedId && profileId(row.userProfileSourcedId),
  },
  UserProfile: {
    profileId: (row: Stub) => profileId(row.sourcedId),
    credentials: (row: { credentialType: string | null; username: string | null }) =>
      row.credentialType && row.username ? [{ type: row.credentialType, username: row.username }] : [],
  },
  Demographics: { __resolveReference: demographicsReference, rendered: renderedField(demographics) },
  Org: {
    students: listField(user, 'studentsOfSchool', subsets.studentsOfSchool, needs.relation),
    teachers: listField(user, 'teachersOfSchool', subsets.teachersOfSchool, needs.relation),
  },
  Class: {
    students: listField(user, 'studentsOfClass', subsets.studentsOfClass, needs.relation),
    teachers: listField(user, 'teachersOfClass', subsets.teachersOfClass, needs.relation),
  },
  UserPage: pageResolvers,
  DemographicsPage: pageResolvers,
}

function demographicsReference(stub: Stub, context: RosterContext) {
  requireScope(context.identity, ...needs.demographics)
  return loadRecord(demographics, stub.sourcedId, context)
}
