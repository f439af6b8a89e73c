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
let orgs: RosterSubgraphs['orgs'], users: RosterSubgraphs['users']
let ask: RosterSubgraphs['ask'], must: RosterSubgraphs['must']

beforeAll(async () => {
  here = await startRosterSubgraphs()
  ;({ orgs, users, ask, must } = here)
  for (const input of [board, school]) await must(orgs, createOrg, { input })
  await createCourseAndYear(here)
})
afterAll(() => here?.close())

describe('a single write', () => {
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
    const wrong = await ask(orgs, createClass, { input: { ...klass, schoolSourcedId: 'board' } })
    const told = { code: 'reference.notSchool', column: 'schoolSourcedId', severity: 'error', parameters: {} }
    expect(wrong.errors[0].extensions.issues).toEqual([told])
    await must(orgs, createClass, { input: klass })
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
    const there = identityOf(await here.otherTenant('there'))
    await must(orgs, createOrg, { input: { ...school, parentSourcedId: null } }, there)
    expect((await must(orgs, update, { input: { type: 'district' } }, there)).updateOrg.type).toBe('district')
  })

  it('refuses a role with an account that is none of its user, and to take an account away that a role names', async () => {
    const create = `mutation ($input: CreateUserInput!) { createUser(input: $input) { userProfiles { profileId } } }`
    const update = `mutation ($input: UpdateUserInput!) { updateUser(sourcedId: "with", input: $input) { givenName } }`
    const profile = (sourcedId: string) => ({
      ...{ sourcedId, profileType: 'app', vendorId: 'v', credentialType: 'login', username: 'x' },
    })
    const role = (userProfileSourcedId: string) => ({
      ...{ roleType: 'primary', role: 'student', orgSourcedId: 'school-1', userProfileSourcedId },
    })
    const user = (sourcedId: string, more: object) => ({
      input: { ...{ sourcedId, enabledUser: true, username: sourcedId, givenName: 'a', familyName: 'b' }, ...more },
    })
    await must(users, create, user('with', { roles: [role('its')], userProfiles: [profile('its')] }))
    const told = async (query: string, variables: object) =>
      (await ask(users, query, variables)).errors[0].extensions.issues.map((issue: any) => [issue.code, issue.column])
    const column = 'userProfileSourcedId'
    expect(await told(create, user('without', { roles: [role('nowhere')] }))).toEqual([['reference.notFound', column]])
    expect(await told(create, user('without', { roles: [role('its')] }))).toEqual([
      ['reference.profileOfOther', column],
    ])
    expect(await told(update, { input: { userProfiles: [] } })).toEqual([['reference.notFound', column]])
    expect((await must(users, '{ user(sourcedId: "without") { sourcedId } }')).user).toBeNull()
    await must(users, update, { input: { userProfiles: [profile('next')], roles: [role('next')] } })
    await must(users, update, { input: { givenName: 'c' } })
  })
})
