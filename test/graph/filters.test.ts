import { ask, bearer } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
let admin: { authorization: string }

const org = { sourcedId: 'wide', name: 'ＩＣＴ 支援Ａ É', type: 'ext:team' }
const user = {
  sourcedId: 'u',
  username: 'u',
  givenName: 'g',
  familyName: 'f',
  enabledUser: true,
  email: 'Who@Example.jp',
}
const roles = [{ roleType: 'primary', role: 'teacher', orgSourcedId: 'wide' }]

beforeAll(async () => {
  hub = await startHub('one machine')
  admin = await bearer(hub, hub.clients.admin)
  const create = (type: string, input: object) =>
    ask(hub, `mutation ($input: Create${type}Input!) { create${type}(input: $input) { sourcedId } }`, { input }, admin)
  await create('Org', org)
  await create('User', { ...user, roles })
})
afterAll(() => hub?.close())

/** How many a filter finds, or the code of its refusal. */
async function found(list: 'orgs' | 'users', filter: string, variables: object = {}, declared = ''): Promise<unknown> {
  const query = `query ${declared && `(${declared})`} { ${list}(filter: ${filter}) { total } }`
  const { data, errors } = await ask(hub, query, { ...variables }, admin)
  return errors?.[0]?.extensions.code ?? data[list].total
}

describe('filters of the graph', () => {
  it.each(['{ a: 1 }', '["2026-04-01"]', '[]', '20260401', 'true', '""', 'DAY'])(
    'refuse what is no date: %s',
    async (value) => {
      expect(await found('orgs', `{ dateLastModified: { gt: ${value} } }`)).toBe('INVALID_FILTER_FIELD')
      expect(await found('users', `{ roles: { beginDate: { ge: ${value} } } }`)).toBe('INVALID_FILTER_FIELD')
      expect(await found('users', `{ rolesOnDay: { day: ${value} } }`)).toBe('INVALID_FILTER_FIELD')
      const write = `mutation { updateUser(sourcedId: "u", input: { roles: [{ roleType: primary, role: "teacher", orgSourcedId: "wide", beginDate: ${value} }] }) { sourcedId } }`
      if (value !== '""') expect((await ask(hub, write, {}, admin)).errors[0]!.extensions.code).toBe('INVALID_DATA')
    },
  )

  it.each([
    ['orgs', '{ parent: null }'],
    ['orgs', '{ parent: { sourcedId: null } }'],
    ['orgs', '{ parent: { sourcedId: { eq: null } } }'],
    ['orgs', '{ NOT: { parent: { sourcedId: null } } }'],
    ['orgs', '{ OR: [{ metadata: [{ key: "a", eq: null }] }] }'],
    ['users', '{ roles: { role: null } }'],
    ['users', '{ roles: { org: null } }'],
    ['users', '{ roles: { org: { sourcedId: null } } }'],
    ['users', '{ userIds: { type: null } }'],
    ['users', '{ rolesOnDay: { day: "2026-04-01", role: null } }'],
  ] as const)('never widen by a value that is missing by accident: %s %s', async (list, filter) => {
    expect(await found(list, filter)).toBe('INVALID_FILTER_FIELD')
  })

  it('refuse null in a variable, at whatever depth', async () => {
    const declared = '$sought: StringPredicate'
    expect(await found('orgs', '{ parent: { sourcedId: $sought } }', { sought: null }, declared)).toBe(
      'INVALID_FILTER_FIELD',
    )
    expect(await found('orgs', '{ name: $sought }', { sought: { eq: null } }, declared)).toBe('INVALID_FILTER_FIELD')
  })

  it.each(['rolesOnDay: { day: "2026-04-01" }', 'metadata: [{ key: "a" }]', 'email: {}', 'roles: { org: {} }'])(
    'take a predicate that says nothing for no condition: %s',
    async (filter) => expect(await found('users', `{ ${filter} }`)).toBe(1),
  )

  it('refuse a day that no calendar has', async () => {
    const filter = '{ rolesOnDay: { day: "2026-02-30", org: "wide" } }'
    expect(await found('users', filter)).toBe('INVALID_FILTER_FIELD')
  })

  it.each([
    ['ｉｃｔ', 1],
    ['ＩＣＴ', 1],
    ['支援ａ', 1],
    ['支援', 1],
    ['é', 1],
    ['ict', 0],
  ])('find what contains %s, whatever its case: %d', async (sought, total) => {
    expect(await found('orgs', '{ name: { contains: $sought } }', { sought }, '$sought: String')).toBe(total)
  })

  it('compare a mail address without regard to case, alone and in a list', async () => {
    expect(await found('users', '{ email: { eq: "WHO@example.jp" } }')).toBe(1)
    expect(await found('users', '{ email: { in: ["x", "WHO@example.jp"] } }')).toBe(1)
    expect(await found('users', '{ email: { in: ["x"] } }')).toBe(0)
  })
})
