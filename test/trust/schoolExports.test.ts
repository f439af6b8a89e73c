import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { scopes } from '../../oneroster/scopes'
import { rowsOf, textsOf } from '../exports/support'
import { startHub, type Hub } from '../support/hub'
import { until } from '../support/until'
import { randomRoster, type Row } from './randomRoster'
import { callerOf, type Caller } from './schoolCallers'
import { visibleRoster } from './visibleRoster'

/**
 * What a client that may see some schools exports must be, row for row, what a client exports that may see everything of a board which has
 * nothing but what these schools show; and nothing in it may be unknown to the same client over REST.
 */
const cases: [seed: number, schools: string[]][] = [
  [1, ['school-0']],
  [2, ['school-1', 'school-closed', 'not there']],
  [3, ['school/branch@1', 'stray']],
]
const granted = [scopes.rosterCore, scopes.roster, scopes.demographics, scopes.exports]

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { worker: true })
})
afterAll(() => hub?.close())

describe.each(cases)('a random board (seed %i) of which a client may see and export %j', (seed, schools) => {
  let restricted: Caller, twin: Caller
  const roster = randomRoster(seed)
  const visible = visibleRoster(roster, schools)
  const active = visible.org.filter(({ status }) => status === 'active')
  const oneSchool = (active.find(({ type }) => type === 'school') ?? active[0]!)['sourcedId'] as string

  beforeAll(async () => {
    restricted = await callerOf(hub, `whole-${seed}`, roster, schools, granted)
    twin = await callerOf(hub, `part-${seed}`, visible, null, granted)
  })

  it.each([
    ['all of it', 'profile: BASE_1_2_1'],
    ['all of it, in Japan', 'profile: JP_K12_1_0'],
    ['one school', `profile: BASE_1_2_1, schools: ["${oneSchool}"]`],
    ['what was ever changed', 'profile: BASE_1_2_1, mode: delta'],
    ['changes of one school', `profile: BASE_1_2_1, mode: delta, schools: ["${oneSchool}"]`],
  ])('exports of %s what the small board exports', async (_what, options) => {
    const [shown, wanted] = [await exported(restricted, options), await exported(twin, options)]
    expect(await sorted(shown.path)).toEqual(await sorted(wanted.path))
    expect(shown.job.rowsWritten).toBeGreaterThan(0)
    expect(shown.job.rowsWritten).toBe(wanted.job.rowsWritten)
  })

  it('exports of what was changed since what the small board exports, with more of what is there and nothing else', async () => {
    const delta = 'profile: JP_K12_1_0, mode: delta'
    const since = `${delta}, since: "2026-04-01T12:00:00Z"`
    const linesOf = async (caller: Caller, options: string) =>
      Object.entries(await sorted((await exported(caller, options)).path)).flatMap(([file, lines]) =>
        lines.map((line) => `${file} ${line}`),
      )
    const [shown, wanted, ever] = [
      await linesOf(restricted, since),
      await linesOf(twin, since),
      await linesOf(twin, delta),
    ]
    expect(wanted.filter((line) => !shown.includes(line))).toEqual([])
    // Whom a changed enrollment or role names comes along (exports/arrivals.ts); what has a change of its own is there anyway.
    expect(shown.filter((line) => !ever.includes(line))).toEqual([])
    const arrived = shown.filter((line) => !wanted.includes(line))
    expect(arrived.filter((line) => /^(orgs|classes|enrollments)\.csv/.test(line))).toEqual([])
    const naming = wanted.filter((line) => /^(enrollments|roles)\.csv/.test(line))
    const people = arrived.filter((line) => /^(users|demographics)\.csv/.test(line)).map((line) => line.split('"')[1]!)
    expect(people.length).toBeGreaterThan(0)
    expect(people.filter((id) => !naming.some((line) => line.includes(`"${id}"`)))).toEqual([])
    expect(wanted.length).toBeLessThan(ever.length)
  })

  it('exports what it reads: every person and org, and no record that is unknown to it', async () => {
    const { path } = await exported(restricted, 'profile: BASE_1_2_1')
    for (const [collection, isWhole] of [
      ...([
        ['users', true],
        ['orgs', true],
        ['academicSessions', true],
      ] as const),
      ...([
        ['demographics', false],
        ['classes', false],
        ['courses', false],
        ['enrollments', false],
      ] as const),
    ] as const) {
      const url = `${hub.restUrl}/ims/oneroster/rostering/v1p2/${collection}?limit=1000&filter=${encodeURIComponent(`status='active'`)}`
      const body = (await (await fetch(url, { headers: restricted })).json()) as Record<string, Row[]>
      const read = body[collection]!.map(({ sourcedId }) => sourcedId).sort()
      const rows = (await rowsOf(path, `${collection}.csv`)).map(({ sourcedId }) => sourcedId)
      expect([collection, rows.filter((id) => !read.includes(id))]).toEqual([collection, []])
      if (isWhole) expect([collection, rows.sort()]).toEqual([collection, read])
    }
  })
})

interface Job {
  readonly id: string
  readonly state: string
  readonly rowsWritten: number
}

async function exported(caller: Caller, options: string): Promise<{ job: Job; path: string }> {
  const { exportRoster } = await graph(caller, `mutation { exportRoster(options: { ${options} }) { id } }`)
  const job: Job = await until('the export is over', async () => {
    const { exportJob } = await graph(caller, `{ exportJob(id: "${exportRoster.id}") { id state rowsWritten } }`)
    return !['QUEUED', 'RUNNING'].includes(exportJob.state) && exportJob
  })
  expect(job.state).toBe('COMPLETED')
  return { job, path: join(hub.config.storageDir, 'exports', await tenantOf(job), job.id) }
}

async function tenantOf({ id }: Job): Promise<string> {
  const folder = join(hub.config.storageDir, 'exports')
  for (const tenant of await readdir(folder)) if ((await readdir(join(folder, tenant))).includes(id)) return tenant
  throw new Error('no package')
}

/** The lines of each file without their order; the manifest tells which board it is. */
async function sorted(path: string): Promise<Record<string, string[]>> {
  const { 'manifest.csv': _manifest, ...files } = await textsOf(path)
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.split('\r\n').sort()]))
}

async function graph({ Authorization }: Caller, query: string): Promise<any> {
  const credentials = { authorization: Authorization, address: '127.0.0.1', requestId: 'test' }
  const { data, errors } = await hub.gateway.execute({ ...credentials, query })
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}
