import { scopes } from '../../oneroster/scopes'
import { packageOf } from '../imports/support'
import { smallRoster } from '../imports/smallRoster'
import { base11 } from '../rest11/rest11'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'
import { importPackage } from '../support/importPackage'
import { createApiClient } from '../support/roster'
import { base, filter, get, recordsOf, request } from './rest'

/**
 * Changes since, asked of the lists below a school, a class and a user: what is missing in the nightly bulk ends together with its roles and
 * enrollments, under one stamp, and every list that showed it must say so.
 */
let hub: Hub
/** The highest stamp before the nightly bulk. */
let before: string

beforeAll(async () => {
  hub = await startHub('one machine', { worker: true, env: { IMPORT_REMOVAL_LIMIT: '1' } })
  const { clientId } = hub.clients.demographicsVendor
  const text = 'update api_clients set scopes = $1 where client_id = $2'
  await askDatabase(hub.database.ownerUrl, text, [Object.values(scopes), clientId])
  await imported(firstNight())
  // One who leaves the class a night before she leaves the school is no member of the class when she ends.
  await imported(without(firstNight(), 'enrollment-early'))
  before = (await highest())!
  const gone = ['early', 's2', 't1', 'second', 'spring']
  await imported(
    without(
      firstNight(),
      ...gone,
      ...['early', 's2', 't1'].flatMap((id) => [`role-${id}`, `enrollment-${id}`]),
      'later',
    ),
  )
})
afterAll(() => hub?.close())

type Files = ReturnType<typeof smallRoster>

/** The small roster; and one more student; and a second class in a term of its own, which s1 attends. */
function firstNight(): Files {
  const files = smallRoster()
  const [, s1] = files['users.csv']!
  files['users.csv']!.push({ ...s1!, sourcedId: 'early', username: 'early@example.jp', userIds: '' })
  files['roles.csv']!.push({ ...files['roles.csv']![1]!, sourcedId: 'role-early', userSourcedId: 'early' })
  const [, enrollment] = files['enrollments.csv']!
  files['enrollments.csv']!.push(
    { ...enrollment!, sourcedId: 'enrollment-early', userSourcedId: 'early' },
    { ...enrollment!, sourcedId: 'later', classSourcedId: 'second' },
  )
  files['academicSessions.csv']!.push({
    ...files['academicSessions.csv']![0]!,
    ...{ sourcedId: 'spring', type: 'term', parentSourcedId: 'year' },
  })
  files['classes.csv']!.push({ ...files['classes.csv']![0]!, sourcedId: 'second', termSourcedIds: 'spring' })
  return files
}

function without(files: Files, ...ids: string[]): Files {
  return Object.fromEntries(
    Object.entries(files).map(([name, rows]) => [name, rows.filter(({ sourcedId }) => !ids.includes(sourcedId!))]),
  )
}

async function imported(files: Files): Promise<void> {
  expect(await importPackage(hub, await packageOf(files))).toMatchObject({ state: 'COMPLETED' })
}

async function highest(): Promise<string | undefined> {
  const [row] = await askDatabase(hub.database.ownerUrl, 'select stamp from roster_state where tenant_id = $1', [
    hub.tenantId,
  ])
  return (row as { stamp: Date } | undefined)?.stamp.toISOString()
}

/** Ids with their status, of what changed since, and the total that was told with them. */
async function changes(path: string, headers?: Record<string, string>) {
  const answer = await request(
    hub,
    `${path}?limit=100&${filter(`dateLastModified>'${before}'`)}`,
    headers ? { headers } : {},
  )
  expect([path, answer.status]).toEqual([path, 200])
  const records = recordsOf(answer)
  expect([path, answer.headers.get('x-total-count')]).toEqual([path, String(records.length)])
  return Object.fromEntries(records.map(({ sourcedId, status }) => [sourcedId, status]))
}

const gone = 'tobedeleted'
const lists: [path: string, changed: Record<string, string>][] = [
  ['/users', { early: gone, s2: gone, t1: gone }],
  ['/students', { early: gone, s2: gone }],
  ['/schools/school/students', { early: gone, s2: gone }],
  ['/schools/school/teachers', { t1: gone }],
  ['/classes/class/students', { s2: gone }],
  ['/classes/class/teachers', { t1: gone }],
  ['/schools/school/classes/class/students', { s2: gone }],
  ['/schools/school/classes/class/teachers', { t1: gone }],
  ['/classes', { second: gone }],
  ['/schools/school/classes', { second: gone }],
  ['/users/s1/classes', { second: gone }],
  ['/students/s1/classes', { second: gone }],
  ['/terms', { spring: gone }],
  ['/schools/school/terms', { spring: gone }],
]

describe('what ended with the nightly bulk', () => {
  it.each(lists)('%s tells it to those who ask for changes', async (path, changed) => {
    expect(await changes(base + path)).toEqual(changed)
  })

  it.each(lists)('%s tells it in OneRoster 1.1', async (path, changed) => {
    expect(Object.keys(await changes(base11 + path)).sort()).toEqual(Object.keys(changed).sort())
  })

  it('is told to a client that may see this school, and not to one of another', async () => {
    const key = async (school: string) => {
      const { apiKey } = await createApiClient(hub.database.ownerUrl, hub.tenantId, {
        ...{ name: school, scopes: [scopes.rosterCore, scopes.roster], schools: [school] },
      })
      return { 'X-API-Key': apiKey }
    }
    const [own, other] = [await key('school'), await key('elsewhere')]
    for (const [path, changed] of lists) {
      expect([path, await changes(base + path, own)]).toEqual([path, changed])
      const answer = await request(hub, base + path, { headers: other })
      expect([path, answer.status === 404 || recordsOf(answer).length === 0]).toEqual([path, true])
    }
  })

  it('stands in the whole list as well, as everywhere; active members are what they were', async () => {
    const statuses = async (path: string) =>
      Object.fromEntries(recordsOf(await get(hub, path)).map(({ sourcedId, status }) => [sourcedId, status]))
    expect(await statuses('/classes/class/students')).toEqual({ s1: 'active', s2: gone })
    expect(await statuses('/schools/school/students')).toEqual({ early: gone, s1: 'active', s2: gone })
    expect(await statuses('/users/s1/classes')).toEqual({ class: 'active', second: gone })
    // She was enrolled in it, and is still there herself.
    expect(await statuses('/classes/second/students')).toEqual({})
  })

  it('a user that is written to afterwards keeps the roles that it ended with', async () => {
    const { roles } = (await get(hub, '/users/s2')).json.user
    expect(roles).toHaveLength(1)
    const headers = {
      Authorization: `Bearer ${hub.token(...Object.values(scopes))}`,
      'Content-Type': 'application/json',
    }
    const body = JSON.stringify({ user: { sms: '1' } })
    const answer = await request(hub, `${base}/users/s2`, { method: 'PATCH', headers, body })
    expect(answer).toMatchObject({ status: 200, json: { user: { status: gone, sms: '1', roles } } })
    expect((await get(hub, '/students/s2')).json.user).toMatchObject({ status: gone, roles })
    expect((await get(hub, '/users/s2')).json.user.roles).toEqual(roles)
    expect(await changes(`${base}/schools/school/students`)).toEqual({ early: gone, s2: gone })
  })
})
