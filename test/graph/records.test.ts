import { scopes } from '../../oneroster/scopes'
import { identityOf } from '../support/roster'
import {
  board,
  createClass,
  createCourseAndYear,
  createOrg,
  klass,
  school,
  startRosterSubgraphs,
  type RosterSubgraphs,
} from './rosterSubgraphs'

let here: RosterSubgraphs
let orgs: RosterSubgraphs['orgs'], users: RosterSubgraphs['users'], enrollments: RosterSubgraphs['enrollments']
let ask: RosterSubgraphs['ask'], must: RosterSubgraphs['must']

beforeAll(async () => {
  here = await startRosterSubgraphs()
  ;({ orgs, users, enrollments, ask, must } = here)
})
afterAll(() => here?.close())

describe('records of the roster', () => {
  it('creates a record and serves it as the standard writes it', async () => {
    await must(orgs, createOrg, { input: board })
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
    await createCourseAndYear(here)
    await must(orgs, createClass, { input: klass })
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
    const stranger = identityOf(await here.otherTenant('there'))
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
    const core = identityOf(here.tenant, [scopes.rosterCore])
    await must(orgs, '{ orgs { total } }', {}, core)
    const refused = async (
      subgraph: RosterSubgraphs['orgs'],
      source: string,
      identity: ReturnType<typeof identityOf>,
    ) => (await ask(subgraph, source, {}, identity)).errors?.[0]?.extensions.code
    expect(await refused(orgs, '{ school(sourcedId: "school-1") { classes { total } } }', core)).toBe('FORBIDDEN')
    expect(await refused(users, '{ demographics { total } }', identityOf(here.tenant, [scopes.roster]))).toBe(
      'FORBIDDEN',
    )
    expect(
      await refused(
        users,
        '{ user(sourcedId: "user-1") { demographics { sex } } }',
        identityOf(here.tenant, [scopes.roster]),
      ),
    ).toBe('FORBIDDEN')
    expect(await refused(orgs, '{ orgs { total } }', identityOf(here.tenant, [scopes.demographics]))).toBe('FORBIDDEN')
    expect(await refused(orgs, 'mutation { deleteOrg(sourcedId: "board") { status } }', core)).toBe('FORBIDDEN')
  })

  it('renders only the fields selected, and refuses names that are none', async () => {
    const { orgs: page } = await must(orgs, '{ orgs(limit: 1) { rendered(fields: ["name", "children"]) } }')
    expect(Object.keys(JSON.parse(page.rendered.replaceAll('\u0001', '')))).toEqual(['name', 'children'])
    const { errors } = await ask(users, '{ users { rendered(fields: ["password"]) } }')
    expect(errors[0].extensions.code).toBe('INVALID_SELECTION_FIELD')
  })
})
