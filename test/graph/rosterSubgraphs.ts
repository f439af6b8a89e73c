import { graphql } from 'graphql'
import { readConfig } from '../../platform/config'
import type { Identity } from '../../platform/identity'
import type { Subgraph } from '../../platform/subgraph'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../../subgraphs/enrollments/server'
import { createOrgsSubgraph, orgsEntities } from '../../subgraphs/orgs/server'
import { openRosterDatabase } from '../../subgraphs/roster/serve'
import { createUsersSubgraph, usersEntities } from '../../subgraphs/users/server'
import { createTestDatabase } from '../support/database'
import { createTenant, identityOf } from '../support/roster'

/** The three roster subgraphs over one database, asked without a gateway as clients of a tenant that may do everything, unless somebody else is given. */
export async function startRosterSubgraphs() {
  const testDatabase = await createTestDatabase()
  const tenant = await createTenant(testDatabase.ownerUrl, 'here')
  const entities = [...orgsEntities, ...usersEntities, ...enrollmentsEntities]
  const database = await openRosterDatabase(readConfig(testDatabase.env), entities)
  const orgs = createOrgsSubgraph(database)
  const users = createUsersSubgraph(database)
  const enrollments = createEnrollmentsSubgraph(database)

  async function ask(subgraph: Subgraph, source: string, variables = {}, identity?: Identity): Promise<any> {
    const result = await graphql({
      schema: subgraph.schema,
      source,
      variableValues: variables,
      contextValue: subgraph.contextFor(identity ?? identityOf(tenant)),
    })
    return JSON.parse(JSON.stringify(result))
  }
  async function must(subgraph: Subgraph, source: string, variables = {}, identity?: Identity): Promise<any> {
    const { data, errors } = await ask(subgraph, source, variables, identity)
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }

  return {
    ...{ tenant, orgs, users, enrollments, ask, must },
    otherTenant: (code: string) => createTenant(testDatabase.ownerUrl, code),
    async close() {
      for (const subgraph of [orgs, users, enrollments]) await subgraph.close()
      await database.close()
      await testDatabase.drop()
    },
  }
}

export type RosterSubgraphs = Awaited<ReturnType<typeof startRosterSubgraphs>>

export const createOrg = `mutation ($input: CreateOrgInput!) { createOrg(input: $input) { sourcedId dateLastModified rendered } }`
export const board = { sourcedId: 'board', name: 'みらい市教育委員会', type: 'district' }
export const school = {
  sourcedId: 'school-1',
  name: 'みらい小学校',
  type: 'school',
  identifier: 'B113201000001',
  parentSourcedId: 'board',
}

export const klass = {
  sourcedId: 'class-1',
  title: '1年1組',
  classType: 'homeroom',
  courseSourcedId: 'course-1',
  schoolSourcedId: 'school-1',
  termSourcedIds: ['y2026'],
}
export const createClass = `mutation ($input: CreateClassInput!) { createClass(input: $input) { sourcedId } }`

/** The year and the course that the class needs; the school is there. */
export async function createCourseAndYear({ must, orgs }: RosterSubgraphs): Promise<void> {
  await must(
    orgs,
    `mutation { createAcademicSession(input: { sourcedId: "y2026", title: "2026年度", type: "schoolYear", startDate: "2026-04-01", endDate: "2027-03-31", schoolYear: "2026" }) { sourcedId } }`,
  )
  await must(
    orgs,
    `mutation { createCourse(input: { sourcedId: "course-1", title: "2026年度国語", orgSourcedId: "school-1", schoolYearSourcedId: "y2026" }) { sourcedId } }`,
  )
}
