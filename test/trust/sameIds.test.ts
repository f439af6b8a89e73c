import { endpoints } from '../../oneroster/endpoints'
import { insertRoster } from '../support/insertRoster'
import { askDatabase } from '../support/database'
import { createApiClient, createTenant } from '../support/roster'
import { randomRoster, type Roster } from './randomRoster'
import { ask } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

/**
 * A board of education is answered the same, to the byte, whether or not another board of the hub uses the very same sourcedIds for other
 * people: documents, totals, links, ETags, errors.
 */
describe('two boards with the same sourcedIds', () => {
  let hub: Hub
  let here: Record<string, string>, there: Record<string, string>
  let alone: unknown[]
  beforeAll(async () => {
    hub = await startHub('one machine', { roster: randomRoster(11) })
    here = { Authorization: `Bearer ${hub.token()}` }
    alone = await everything()
    there = await otherBoard()
  })
  afterAll(() => hub?.close())

  const v12 = '/ims/oneroster/rostering/v1p2'
  const mark = 'ANOTHER'

  async function otherBoard() {
    const tenantId = await createTenant(hub.database.ownerUrl, 'another')
    await insertRoster(hub.database.ownerUrl, tenantId, marked(randomRoster(12)))
    await askDatabase(
      hub.database.ownerUrl,
      `insert into import_jobs (tenant_id, job_id, state, file_name, options, created_by) values ($1, $2, 'COMPLETED', $3, '{"source":"x"}', 'x')`,
      [tenantId, jobId, mark],
    )
    const { apiKey } = await createApiClient(hub.database.ownerUrl, tenantId, { name: mark })
    return { 'X-API-Key': apiKey }
  }
  const jobId = '11111111-2222-4333-8444-555555555555'

  /** Every operation of 1.2, those of 1.1, filters, orders and questions of the graph. */
  async function everything(): Promise<unknown[]> {
    const paths = endpoints.map(({ path }) => path.replaceAll(/\{(\w+)\}/g, (_place, name: string) => idOf(path, name)))
    const lists = ['users', 'orgs', 'classes', 'enrollments', 'demographics', 'academicSessions', 'courses']
    const asked = [
      ...paths.map((path) => v12 + path),
      ...paths.map((path) => `/ims/oneroster/v1p1${path}`),
      ...lists.map((list) => `${v12}/${list}?limit=3&sort=dateLastModified&orderBy=desc`),
      ...lists.map((list) => `${v12}/${list}?filter=${encodeURIComponent(`sourcedId~'1' OR status='tobedeleted'`)}`),
      `${v12}/users?filter=${encodeURIComponent(`familyName~'${mark}'`)}`,
      `${v12}/users/unknown`,
    ]
    const answers: unknown[] = []
    for (const path of asked) answers.push(await answerTo(path, here))
    for (const query of graphQuestions) {
      const { data, errors } = await ask(hub, query, {}, here as Record<string, string>)
      answers.push([query, data, errors])
    }
    return answers
  }

  it('leave no trace in each other’s answers', async () => {
    const beside = await everything()
    expect(beside).toEqual(alone)
    expect(JSON.stringify(beside)).not.toContain(`${mark} `)
    // In turns, so that connections, plans and totals of one are used for the other.
    for (const list of ['users', 'orgs', 'classes']) {
      const theirs = JSON.stringify(await answerTo(`${v12}/${list}`, there))
      expect(theirs).toContain(`${mark} `)
      expect(await answerTo(`${v12}/${list}`, here)).toEqual(
        alone.find((answer) => (answer as unknown[])[0] === `${v12}/${list}`),
      )
    }
  })

  it('know nothing by each other’s ETags and positions', async () => {
    const response = await fetch(`${hub.restUrl}${v12}/users?limit=4&sort=familyName`, { headers: there })
    const etag = response.headers.get('etag')!
    const next = new URL(/<([^>]+)>; rel="next"/.exec(response.headers.get('link')!)![1]!)
    const known = await fetch(`${hub.restUrl}${v12}/users?limit=4&sort=familyName`, {
      headers: { ...here, 'If-None-Match': etag },
    })
    expect(known.status).toBe(200)
    // A position is a place in an order; whose it was does not matter to what stands behind it.
    const behind = await fetch(`${hub.restUrl}${next.pathname}${next.search}`, { headers: here })
    expect(behind.status).toBe(200)
    expect(await behind.text()).not.toContain(`${mark} `)
  })

  it('cannot see each other’s jobs, clients and trails by their ids', async () => {
    const admin = { 'X-API-Key': hub.clients.admin.apiKey }
    const job = `{ importJob(id: "${jobId}") { fileName } importJobs { total } }`
    expect((await ask(hub, job, {}, there)).data).toEqual({
      importJob: { fileName: mark },
      importJobs: { total: 1 },
    })
    expect((await ask(hub, job, {}, admin)).data).toEqual({ importJob: null, importJobs: { total: 0 } })
    for (const name of ['confirmImport', 'cancelImport']) {
      const [theirs, nobodys] = await Promise.all(
        [jobId, '99999999-2222-4333-8444-555555555555'].map((id) =>
          ask(hub, `mutation { act: ${name}(id: "${id}") { id } }`, {}, admin),
        ),
      )
      expect(theirs!.errors[0]!.extensions.code).toBe('UNKNOWN_OBJECT')
      expect(theirs!.errors[0]!.message).toBe(nobodys!.errors[0]!.message)
    }
    const trail = await ask(
      hub,
      '{ clients { items { name } } auditEvents(limit: 1000) { items { clientId } } }',
      {},
      admin,
    )
    expect(trail.errors).toBeUndefined()
    expect(JSON.stringify(trail.data.clients)).not.toContain(mark)
    const mine = new Set([...Object.values(hub.clients).map((client) => (client as { clientId?: string }).clientId)])
    for (const event of trail.data.auditEvents.items) expect(mine).toContain(event.clientId)
  })

  async function answerTo(path: string, headers: Record<string, string>): Promise<unknown[]> {
    const response = await fetch(hub.restUrl + path, { headers })
    const text = (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id')
    const told = ['x-total-count', 'link'].map((name) => response.headers.get(name))
    // What was refused carries a reference of its own in its body, and no ETag.
    return [path, response.status, ...told, response.headers.get('etag'), text]
  }
})

const graphQuestions = [
  '{ tenant { code } users { total items { sourcedId familyName roles { role org { name } } agents { familyName } demographics { sex } } } }',
  '{ orgs { total items { name parent { name } children { name } students { total } teachers { total } classes { total items { title } } } } }',
  '{ classes { items { title course { title } terms { title } students { items { familyName } } enrollments { total } } } }',
  '{ user(sourcedId: "user-1") { familyName classes { items { title } } } org(sourcedId: "unknown") { name } }',
]

/** The same ids; every text that a person reads says whose it is. */
function marked(roster: Roster): Roster {
  const texts = ['name', 'title', 'givenName', 'familyName']
  return Object.fromEntries(
    Object.entries(roster).map(([name, rows]) => [
      name,
      rows.map((row) => ({
        ...row,
        ...Object.fromEntries(texts.filter((text) => text in row).map((text) => [text, `ANOTHER ${row[text]}`])),
      })),
    ]),
  ) as unknown as Roster
}

function idOf(path: string, name: string): string {
  const noun = path
    .slice(0, path.indexOf(`{${name}}`))
    .split('/')
    .at(-2)!
  const ids: Record<string, string> = {
    academicSessions: 'year-0',
    terms: 'term-1',
    gradingPeriods: 'period-1',
    orgs: 'district',
  }
  const first = { schools: 'school-0', classes: 'class-1', courses: 'course-1', enrollments: 'enrollment-1' } as Record<
    string,
    string
  >
  return ids[noun] ?? first[noun] ?? 'user-1'
}
