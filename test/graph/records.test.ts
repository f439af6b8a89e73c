import { graphql } from 'graphql'
import { scopes } from '../../oneroster/scopes'
import { readConfig } from '../../platform/config'
import type { Database } from '../../platform/database'
import type { Identity } from '../../platform/identity'
import type { Subgraph } from '../../platform/subgraph'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../../subgraphs/enrollments/server'
import { createOrgsSubgraph, orgsEntities } from '../../subgraphs/orgs/server'
import { openRosterDatabase } from '../../subgraphs/roster/serve'
import { createUsersSubgraph, usersEntities } from '../../subgraphs/users/server'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { createTenant, identityOf } from '../support/roster'

let testDatabase: TestDatabase
let database: Database
let orgs: Subgraph, users: Subgraph, enrollments: Subgraph
let tenant: number, otherTenant: number

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  tenant = await createTenant(testDatabase.ownerUrl, 'here')
  otherTenant = await createTenant(testDatabase.ownerUrl, 'there')
  const entities = [...orgsEntities, ...usersEntities, ...enrollmentsEntities]
  database = await openRosterDatabase(readConfig(testDatabase.env), entities)
  orgs = createOrgsSubgraph(database)
  users = createUsersSubgraph(database)
  enrollments = createEnrollmentsSubgraph(database)
})
afterAll(async () => {
  for (const subgraph of [orgs, users, enrollments]) await subgraph?.close()
  await database?.close()
  await testDatabase?.drop()
})

async function ask(
  subgraph: Subgraph,
  source: string,
  variables = {},
  identity: Identity = identityOf(tenant),
): Promise<any> {
  const result = await graphql({
    schema: subgraph.schema,
    source,
    variableValues: variables,
    contextValue: subgraph.contextFor(identity),
  })
  return JSON.parse(JSON.stringify(result))
}

async function must(subgraph: Subgraph, source: string, variables = {}, identity?: Identity): Promise<any> {
  const { data, errors } = await ask(subgraph, source, variables, identity)
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

const createOrg = `mutation ($input: CreateOrgInput!) { createOrg(input: $input) { sourcedId dateLastModified rendered } }`
const school = {
  sourcedId: 'school-1',
  name: 'みらい小学校',
  type: 'school',
  identifier: 'B113201000001',
  parentSourcedId: 'board',
}

describe('records of the roster', () => {
  it('creates a record and serves it as the standard writes it', async () => {
    await must(orgs, createOrg, { input: { sourcedId: 'board', name: 'みらい市教育委員会', type: 'district' } })
    const { createOrg: created } = await must(orgs, createOrg, { input: school })
    expect(JSON.parse(created.rendered.replaceAll('\u0001', 'https://hub'))).toEqual({
      sourcedId: 'school-1',
      status: 'active',
      dateLastModified: created.dateLastModified,
      name: 'みらい小学校',
      type: 'school',
      identifier: 'B113201000001',
      parent: { href: 'https://hub/orgs/board', sourcedId: 'board', type: 'org' },
    })
    const { org } = await must(orgs, '{ org(sourcedId: "board") { rendered children { sourcedId name } } }')
    expect(JSON.parse(org.rendered.replaceAll('\u0001', ''))).toMatchObject({
      identifier: '',
      children: [{ href: '/orgs/school-1', sourcedId: 'school-1', type: 'org' }],
    })
    expect(org.children).toEqual([{ sourcedId: 'school-1', name: 'みらい小学校' }])
  })

  it('keeps the stamp of a record that an update does not change, and moves it otherwise', async () => {
    const update = `mutation ($input: UpdateOrgInput!) { updateOrg(sourcedId: "school-1", input: $input) { name dateLastModified } }`
    const { org: before } = await must(orgs, '{ org(sourcedId: "school-1") { dateLastModified } }')
    const same = await must(orgs, update, { input: { name: school.name } })
    expect(same.updateOrg.dateLastModified).toBe(before.dateLastModified)
    const changed = await must(orgs, update, { input: { name: 'あさひ小学校' } })
    expect(changed.updateOrg.name).toBe('あさひ小学校')
    expect(changed.updateOrg.dateLastModified > before.dateLastModified).toBe(true)
  })

  it('refuses input that a CSV row would be refused for, naming columns and never values', async () => {
    const bad = { ...school, sourcedId: 'bad id!', type: 'academy', parentSourcedId: 'board' }
    const { errors } = await ask(orgs, createOrg, { input: bad })
    expect(errors[0].extensions.code).toBe('INVALID_DATA')
    expect(errors[0].extensions.issues.map((issue: any) => [issue.code, issue.column])).toEqual([
      ['row.guid', 'sourcedId'],
      ['row.token', 'type'],
    ])
    expect(JSON.stringify(errors)).not.toContain('academy')
  })

  it('refuses references to what is not there or of the wrong type', async () => {
    const { errors } = await ask(orgs, createOrg, { input: { ...school, sourcedId: 'x', parentSourcedId: 'nowhere' } })
    expect(errors[0].extensions).toMatchObject({
      code: 'INVALID_DATA',
      issues: [{ code: 'reference.notFound', column: 'parentSourcedId' }],
    })
    const create = `mutation ($input: CreateClassInput!) { createClass(input: $input) { sourcedId } }`
    await must(
      orgs,
      `mutation { createAcademicSession(input: { sourcedId: "y2026", title: "2026年度", type: "schoolYear", startDate: "2026-04-01", endDate: "2027-03-31", schoolYear: "2026" }) { sourcedId } }`,
    )
    await must(
      orgs,
      `mutation { createCourse(input: { sourcedId: "course-1", title: "2026年度国語", orgSourcedId: "school-1", schoolYearSourcedId: "y2026" }) { sourcedId } }`,
    )
    const input = {
      sourcedId: 'class-1',
      title: '1年1組',
      classType: 'homeroom',
      courseSourcedId: 'course-1',
      schoolSourcedId: 'board',
      termSourcedIds: ['y2026'],
    }
    const wrong = await ask(orgs, create, { input })
    const told = { code: 'reference.notSchool', column: 'schoolSourcedId', severity: 'error', parameters: {} }
    expect(wrong.errors[0].extensions.issues).toEqual([told])
    await must(orgs, create, { input: { ...input, schoolSourcedId: 'school-1' } })
  })

  it('refuses to make something else of a school or a school year that records refer to', async () => {
    const update = `mutation ($input: UpdateOrgInput!) { updateOrg(sourcedId: "school-1", input: $input) { type } }`
    const replace = `mutation ($input: CreateOrgInput!) { replaceOrg(input: $input) { created } }`
    const told = [
      { code: 'reference.schoolStillUsed', column: 'type', severity: 'error', parameters: { target: 'classes.csv' } },
    ]
    for (const type of ['district', 'department'])
      expect((await ask(orgs, update, { input: { type } })).errors[0].extensions.issues).toEqual(told)
    const replaced = await ask(orgs, replace, { input: { ...school, type: 'district' } })
    expect(replaced.errors[0].extensions.issues).toEqual(told)
    const session = `mutation { updateAcademicSession(sourcedId: "y2026", input: { type: "semester" }) { type } }`
    const { errors } = await ask(orgs, session)
    expect(errors[0].extensions.issues).toEqual([
      {
        ...{ code: 'reference.schoolYearStillUsed', column: 'type', severity: 'error' },
        parameters: { target: 'courses.csv' },
      },
    ])
    // An extension of the vocabulary may be a school too; nobody of another tenant counts.
    expect((await must(orgs, update, { input: { type: 'ext:campus' } })).updateOrg.type).toBe('ext:campus')
    await must(orgs, update, { input: { type: 'school' } })
    const there = identityOf(await createTenant(testDatabase.ownerUrl, 'third'))
    await must(orgs, createOrg, { input: { ...school, parentSourcedId: null } }, there)
    expect((await must(orgs, update, { input: { type: 'district' } }, there)).updateOrg.type).toBe('district')
  })

  it('nests roles and profiles in the user and keeps passwords to itself', async () => {
    const input = {
      sourcedId: 'user-1',
      enabledUser: true,
      username: 'taro',
      givenName: '太郎',
      familyName: '"鈴木"',
      password: 'very secret',
      grades: ['P1'],
      userIds: [{ type: 'LDAP', identifier: 'taro' }],
      metadata: { 'jp.kanaGivenName': 'タロウ' },
      roles: [{ roleType: 'primary', role: 'student', orgSourcedId: 'school-1' }],
      userProfiles: [
        {
          sourcedId: 'profile-1',
          profileType: 'app',
          vendorId: 'v',
          credentialType: 'login',
          username: 'taro',
          password: 'hidden',
        },
      ],
    }
    const create = `mutation ($input: CreateUserInput!) { createUser(input: $input) { rendered roles { role org { sourcedId } } userProfiles { profileId credentials { username } } } }`
    const { createUser } = await must(users, create, { input })
    const document = JSON.parse(createUser.rendered.replaceAll('\u0001', 'https://hub'))
    expect(document).toMatchObject({
      enabledUser: 'true',
      familyName: '"鈴木"',
      grades: ['P1'],
      userIds: [{ type: 'LDAP', identifier: 'taro' }],
      metadata: { 'jp.kanaGivenName': 'タロウ' },
      roles: [
        {
          roleType: 'primary',
          role: 'student',
          org: { href: 'https://hub/orgs/school-1', sourcedId: 'school-1', type: 'org' },
        },
      ],
      userProfiles: [
        {
          profileId: 'urn:rosterhub:userProfile:profile-1',
          profileType: 'app',
          vendorId: 'v',
          credentials: [{ type: 'login', username: 'taro' }],
        },
      ],
    })
    expect(createUser.rendered).not.toMatch(/secret|hidden|password/)
    expect(createUser.roles).toEqual([{ role: 'student', org: { sourcedId: 'school-1' } }])
    const { user: before } = await must(users, '{ user(sourcedId: "user-1") { dateLastModified } }')
    const update = `mutation ($input: UpdateUserInput!) { updateUser(sourcedId: "user-1", input: $input) { dateLastModified roles { role } } }`
    const same = await must(users, update, { input: { roles: input.roles } })
    expect(same.updateUser.dateLastModified).toBe(before.dateLastModified)
    const moved = await must(users, update, {
      input: { roles: [...input.roles, { roleType: 'secondary', role: 'guardian', orgSourcedId: 'school-1' }] },
    })
    expect(moved.updateUser.dateLastModified > before.dateLastModified).toBe(true)
    const twice = await ask(users, update, {
      input: { roles: [input.roles[0], { ...input.roles[0], role: 'teacher' }] },
    })
    expect(twice.errors[0].extensions.code).toBe('INVALID_DATA')
  })

  it('lists members of a class by the role of their enrollment', async () => {
    const create = `mutation ($input: CreateEnrollmentInput!) { createEnrollment(input: $input) { sourcedId rendered } }`
    await must(enrollments, create, {
      input: {
        sourcedId: 'e1',
        classSourcedId: 'class-1',
        schoolSourcedId: 'school-1',
        userSourcedId: 'user-1',
        role: 'student',
        primary: false,
      },
    })
    const entities = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Class { students { total items { givenName } } teachers { total } } } }`
    const { _entities } = await must(users, entities, {
      representations: [{ __typename: 'Class', sourcedId: 'class-1' }],
    })
    expect(_entities).toEqual([{ students: { total: 1, items: [{ givenName: '太郎' }] }, teachers: { total: 0 } }])
  })

  it('deletes by marking tobedeleted, which stays readable; creating it again brings it back', async () => {
    const { deleteEnrollment } = await must(
      enrollments,
      'mutation { deleteEnrollment(sourcedId: "e1") { status rendered } }',
    )
    expect(deleteEnrollment.status).toBe('tobedeleted')
    expect(deleteEnrollment.rendered).toContain('"status":"tobedeleted"')
    const { enrollments: list } = await must(
      enrollments,
      '{ enrollments(filter: { status: { eq: "tobedeleted" } }) { total } }',
    )
    expect(list.total).toBe(1)
    const { errors } = await ask(enrollments, 'mutation { deleteEnrollment(sourcedId: "nobody") { status } }')
    expect(errors[0].extensions.code).toBe('UNKNOWN_OBJECT')
  })

  it('pages by offset and by position, in code point order, with a true total', async () => {
    for (let number = 0; number < 25; number++) {
      const input = {
        sourcedId: `o${String(number).padStart(2, '0')}`,
        name: `n${number % 5}`,
        type: 'school',
        parentSourcedId: 'board',
      }
      await must(orgs, createOrg, { input })
    }
    const seen: string[] = []
    let after: string | null = null
    do {
      const { orgs: page }: any = await must(
        orgs,
        'query ($after: String) { orgs(limit: 10, after: $after, sort: { field: name, orderBy: desc }) { total next items { sourcedId name } } }',
        { after },
      )
      expect(page.total).toBe(27)
      seen.push(...page.items.map((item: any) => item.sourcedId))
      after = page.next
    } while (after)
    expect(new Set(seen).size).toBe(27)
    const { orgs: byOffset } = await must(orgs, '{ orgs(limit: 5, offset: 3) { items { sourcedId } } }')
    expect(byOffset.items.map((item: any) => item.sourcedId)).toEqual(['o02', 'o03', 'o04', 'o05', 'o06'])
    const { orgs: filtered } = await must(
      orgs,
      '{ orgs(filter: { OR: [{ name: { eq: "n1" } }, { name: { contains: "みらい" } }], type: { ne: "school" } }) { total items { sourcedId } } }',
    )
    expect(filtered).toEqual({ total: 1, items: [{ sourcedId: 'board' }] })
  })

  it('never widens by a filter that is empty by accident', async () => {
    for (const filter of ['{ name: null }', '{ name: { eq: null } }', '{ status: { eq: null } }']) {
      const { errors } = await ask(orgs, `{ orgs(filter: ${filter}) { total } }`)
      expect(errors[0].extensions.code).toBe('INVALID_FILTER_FIELD')
    }
    expect((await must(orgs, '{ orgs(filter: { OR: [] }) { total } }')).orgs.total).toBe(0)
  })

  it('shows another tenant nothing, by list, by key, by reference and by a filter with OR', async () => {
    const stranger = identityOf(otherTenant)
    const { orgs: page, org } = await must(
      orgs,
      '{ org(sourcedId: "board") { name } orgs(filter: { OR: [{ status: { eq: "active" } }, { status: { ne: "active" } }] }) { total items { name } rendered } }',
      {},
      stranger,
    )
    expect(org).toBeNull()
    expect(page).toEqual({ total: 0, items: [], rendered: '' })
    const entities = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Org { name } } }`
    const reached = await ask(
      orgs,
      entities,
      { representations: [{ __typename: 'Org', sourcedId: 'board' }] },
      stranger,
    )
    expect(JSON.stringify(reached)).not.toContain('みらい')
    const { errors } = await ask(
      orgs,
      'mutation { updateOrg(sourcedId: "board", input: { name: "x" }) { name } }',
      {},
      stranger,
    )
    expect(errors[0].extensions.code).toBe('UNKNOWN_OBJECT')
  })

  it('asks for the scope of each door: root, relation, demographics, writing', async () => {
    const core = identityOf(tenant, [scopes.rosterCore])
    await must(orgs, '{ orgs { total } }', {}, core)
    const refused = async (subgraph: Subgraph, source: string, identity: Identity) =>
      (await ask(subgraph, source, {}, identity)).errors?.[0]?.extensions.code
    expect(await refused(orgs, '{ school(sourcedId: "school-1") { classes { total } } }', core)).toBe('FORBIDDEN')
    expect(await refused(users, '{ demographics { total } }', identityOf(tenant, [scopes.roster]))).toBe('FORBIDDEN')
    expect(
      await refused(
        users,
        '{ user(sourcedId: "user-1") { demographics { sex } } }',
        identityOf(tenant, [scopes.roster]),
      ),
    ).toBe('FORBIDDEN')
    expect(await refused(orgs, '{ orgs { total } }', identityOf(tenant, [scopes.demographics]))).toBe('FORBIDDEN')
    expect(await refused(orgs, 'mutation { deleteOrg(sourcedId: "board") { status } }', core)).toBe('FORBIDDEN')
  })

  it('renders only the fields selected, and refuses names that are none', async () => {
    const { orgs: page } = await must(orgs, '{ orgs(limit: 1) { rendered(fields: ["name", "children"]) } }')
    expect(Object.keys(JSON.parse(page.rendered.replaceAll('\u0001', '')))).toEqual(['name', 'children'])
    const { errors } = await ask(users, '{ users { rendered(fields: ["password"]) } }')
    expect(errors[0].extensions.code).toBe('INVALID_SELECTION_FIELD')
  })
})
