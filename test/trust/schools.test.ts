import { endpoints } from '../../oneroster/endpoints'
import { entities } from '../../oneroster/model'
import { randomRoster, schoolIds, type Roster } from './randomRoster'
import { callerOf, type Caller } from './schoolCallers'
import { visibleRoster } from './visibleRoster'
import { startHub, type Hub } from '../support/hub'

/**
 * A client that may see some schools of a board must get, to the byte, what a client gets that may see everything of a board which has
 * nothing but what these schools show. The second board is made by a plain filter in memory (visibleRoster.ts).
 */
const cases: [seed: number, schools: string[]][] = [
  [1, ['school-0']],
  [2, ['school-1', 'school-closed', 'not there']],
  [3, ['school/branch@1', 'stray']],
]

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine')
})
afterAll(() => hub?.close())

describe.each(cases)('a random board (seed %i) of which a client may see %j', (seed, schools) => {
  let restricted: Caller, twin: Caller
  const roster = randomRoster(seed)
  const visible = visibleRoster(roster, schools)

  beforeAll(async () => {
    restricted = await callerOf(hub, `whole-${seed}`, roster, schools)
    twin = await callerOf(hub, `part-${seed}`, visible, null)
  })

  it('sees something and not everything', () => {
    for (const name of ['org', 'class', 'user', 'role', 'enrollment'] as const) {
      expect(visible[name].length).toBeLessThan(roster[name].length)
      expect(visible[name].length).toBeGreaterThan(0)
    }
  })

  it('every path of OneRoster 1.2, for records of all kinds and one that is not there', async () => {
    const statuses = await expectSame(restricted, twin, paths(roster, 4, `/ims/oneroster/rostering/v1p2`))
    expect(statuses).toEqual(new Set([200, 404]))
  })

  it('every path of OneRoster 1.1', async () => {
    await expectSame(restricted, twin, paths(roster, 1, `/ims/oneroster/v1p1`))
  })

  it('filters, orders, selections, changes since and pages', async () => {
    const statuses = await expectSame(restricted, twin, [...questions(roster), ...questions11])
    expect([...statuses]).toEqual([200])
  })

  it('a walk from page to page finds each record once', async () => {
    const found: string[] = []
    let url: string | undefined =
      `${hub.restUrl}/ims/oneroster/rostering/v1p2/users?limit=3&sort=familyName&orderBy=desc`
    while (url) {
      const response: Response = await fetch(url, { headers: restricted })
      const { users } = (await response.json()) as { users: { sourcedId: string }[] }
      found.push(...users.map((user) => user.sourcedId))
      url = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
    }
    expect(found.sort()).toEqual(visible.user.map((user) => user['sourcedId']).sort())
  })

  it('nested questions of the graph', async () => {
    const one = (name: keyof Roster, fields: string) =>
      roster[name].slice(0, 4).map(({ sourcedId }) => `{ ${name}(sourcedId: "${sourcedId}") { ${fields} } }`)
    const queries = [
      ...graphQuestions,
      ...[...one('org', orgFields), ...one('class', classFields), ...one('user', userFields)],
      ...one('course', 'title org { name } classes { total }'),
    ]
    await inBatches(queries, async (query) => {
      const [shown, wanted] = await Promise.all([graph(restricted, query), graph(twin, query)])
      expect([query, shown]).toEqual([query, wanted])
      expect(shown.errors).toBeUndefined()
    })
  })
})

/** Answers the statuses that came. */
async function expectSame(restricted: Caller, twin: Caller, paths: readonly string[]): Promise<Set<number>> {
  const statuses = new Set<number>()
  await inBatches(paths, async (path) => {
    const [shown, wanted] = await Promise.all([answerTo(path, restricted), answerTo(path, twin)])
    expect([path, ...shown]).toEqual([path, ...wanted])
    statuses.add(shown[0])
  })
  return statuses
}

async function inBatches<T>(list: readonly T[], work: (each: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < list.length; at += 4) await Promise.all(list.slice(at, at + 4).map(work))
}

async function answerTo(path: string, headers: Caller): Promise<[number, ...unknown[]]> {
  const response = await fetch(hub.restUrl + path, { headers })
  // The reference of an error differs with every request.
  const text = (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
  const body: unknown = text && JSON.parse(text)
  return [response.status, response.headers.get('x-total-count'), response.headers.get('link'), body]
}

/** Every operation with ids that fit, whether their records can be seen or not. */
function paths(roster: Roster, most: number, base: string): string[] {
  return endpoints.flatMap(({ path }) => {
    const places = path.split('/').filter((part) => part.startsWith('{'))
    let made = [base + path]
    for (const place of places) {
      const before = path.slice(0, path.indexOf(place)).split('/').at(-2)!
      const ids = [...spread(idsUnder(before, roster), places.length > 1 ? 2 : most), 'unknown']
      made = made.flatMap((text) => ids.map((id) => text.replace(place, encodeURIComponent(id))))
    }
    return made
  })
}

/** So many, from all over the list. */
function spread<T>(list: readonly T[], most: number): T[] {
  return list.filter((_item, at) => at % Math.ceil(list.length / most) === 0)
}

function idsUnder(noun: string, roster: Roster): string[] {
  const aliases: Record<string, keyof Roster> = {
    ...{ schools: 'org', students: 'user', teachers: 'user', terms: 'academicSession' },
    gradingPeriods: 'academicSession',
  }
  const name = aliases[noun] ?? Object.values(entities).find(({ collection }) => collection === noun)!.name
  return roster[name].map((row) => row['sourcedId'] as string)
}

const v12 = '/ims/oneroster/rostering/v1p2'
const filtered = (collection: string, filter: string, base = v12) =>
  `${base}/${collection}?filter=${encodeURIComponent(filter)}`

function questions(roster: Roster): string[] {
  return [
    ...schoolIds.flatMap((id) => [
      filtered('users', `roles.org.sourcedId='${id}'`),
      filtered('users', `roles.org.sourcedId!='${id}'`),
      filtered('users', `primaryOrg='${id}' OR familyName~'1'`),
      filtered('courses', `org.sourcedId='${id}'`),
    ]),
    ...spread(idsUnder('users', roster), 6).flatMap((id) => [
      filtered('users', `agents='${id}'`),
      filtered('enrollments', `user.sourcedId='${id}'`),
    ]),
    ...roster.class.map(({ sourcedId }) => filtered('users', `metadata.jp.homeClass='${sourcedId}'`)),
    ...['student', 'teacher', 'guardian'].flatMap((role) => [
      filtered('users', `roles.role='${role}'`),
      filtered('teachers', `roles.role!='${role}'`),
    ]),
    ...['users', 'enrollments', 'demographics', 'classes', 'orgs', 'courses', 'academicSessions'].flatMap(
      (collection) => [
        filtered(collection, `dateLastModified>'2026-04-01' AND status='tobedeleted'`),
        filtered(collection, `sourcedId>'a' OR sourcedId!='a'`),
        `${v12}/${collection}?sort=dateLastModified&orderBy=desc&limit=2&offset=1`,
      ],
    ),
    filtered('users', `userProfiles.vendorId='vendor-1'`),
    filtered('users', `roles.endDate='2026-05-01'`),
    `${v12}/users?sort=primaryOrg&limit=4`,
    `${v12}/courses?sort=org&orderBy=desc`,
    `${v12}/users?fields=sourcedId,roles,agents,primaryOrg,userProfiles,metadata`,
    `${v12}/orgs?fields=name,children,parent`,
  ]
}

const v11 = '/ims/oneroster/v1p1'
const questions11 = [
  ...schoolIds.map((id) => filtered('users', `orgs.sourcedId='${id}'`, v11)),
  ...['student', 'teacher', 'relative'].map((role) => filtered('users', `role='${role}'`, v11)),
]

const orgFields = `name parent { name } children { sourcedId name } classes { total items { title } } courses { total }
  terms { total items { title } } enrollments { total } students { total items { sourcedId } } teachers { total items { sourcedId } }`
const classFields = `title course { title org { name } } school { name parent { name } } terms { title }
  students { total items { familyName } } teachers { total } enrollments { total items { user { familyName } } }`
const userFields = `familyName primaryOrg { name } roles { role org { sourcedId name } userProfile } agents { sourcedId familyName }
  userProfiles { profileId credentials { username } } metadata classes { total items { title } } enrollments { total } demographics { sex }`
const graphQuestions = [
  `{ orgs { total items { ${orgFields} } } }`,
  `{ classes { total items { ${classFields} } } }`,
  `{ users { total items { ${userFields} } } }`,
  '{ schools { total items { name } } students { total } teachers { total items { roles { org { name } } } } }',
  '{ academicSessions { total items { title parent { title } children { title } classes { total } gradingPeriods { total } } } }',
  '{ enrollments(limit: 7, offset: 3) { total next items { class { title } school { name } user { familyName roles { role } } } } }',
  '{ demographics(sort: { field: sex }) { total items { sourcedId sex } } }',
  '{ users(filter: { NOT: { roles: { org: { sourcedId: { eq: "school-1" } } } } }) { total items { sourcedId } } }',
  '{ users(filter: { OR: [{ agents: { sourcedId: { eq: "user-1" } } }, { primaryOrg: { sourcedId: { ne: "school-0" } } }] }) { total } }',
]

async function graph({ Authorization }: Caller, query: string) {
  const credentials = { authorization: Authorization, address: '127.0.0.1', requestId: 'test' }
  // How many requests are left is not the same for both.
  const { data, errors } = await hub.gateway.execute({ ...credentials, query })
  return { data, errors }
}
