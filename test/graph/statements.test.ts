import { announceClientChange } from '../../platform/clientChanges'
import { auditWrites, databaseStatements } from '../../platform/metrics'
import { openRedis } from '../../platform/redis'
import { settled } from '../trust/audit'
import { ask, bearer, dataOf } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
let admin: { authorization: string }
const nobodyElse = openRedis('redis://127.0.0.1:1')

beforeAll(async () => {
  hub = await startHub('one machine')
  admin = await bearer(hub, hub.clients.admin)
  const create = async (type: string, input: string) =>
    must(`mutation { create${type}(input: { ${input} }) { sourcedId } }`)
  await create('Org', 'sourcedId: "school", name: "学校", type: "school"')
  await create(
    'AcademicSession',
    'sourcedId: "y", title: "2026年度", type: "schoolYear", startDate: "2026-04-01", endDate: "2027-03-31", schoolYear: "2026"',
  )
  await create('Course', 'sourcedId: "course", title: "2026年度国語", orgSourcedId: "school"')
  for (let number = 0; number < 30; number++) {
    await create(
      'Class',
      `sourcedId: "c${number}", title: "組", classType: "homeroom", courseSourcedId: "course", schoolSourcedId: "school", termSourcedIds: ["y"]`,
    )
    await create(
      'User',
      `sourcedId: "u${number}", enabledUser: true, username: "u${number}", givenName: "g", familyName: "f", primaryOrgSourcedId: "school", roles: [{ roleType: primary, role: "student", orgSourcedId: "school" }]`,
    )
    await create(
      'Enrollment',
      `sourcedId: "e${number}", classSourcedId: "c${number}", schoolSourcedId: "school", userSourcedId: "u${number}", role: "student"`,
    )
  }
})
afterAll(async () => {
  nobodyElse.disconnect()
  await hub?.close()
})

const must = (query: string) => dataOf(hub, query, {}, admin)

async function statementsOf(query: string): Promise<number> {
  const valueOf = async (metric: { get(): Promise<{ values: { value: number }[] }> }) =>
    (await metric.get()).values[0]!.value
  // The audit trail is written afterwards, some milliseconds of it at once: no statement of the query either.
  const count = async () => {
    await settled()
    return (await valueOf(databaseStatements)) - (await valueOf(auditWrites))
  }
  // Who calls is asked of the database every few seconds (gateway/callers.ts), which is no statement of the query: it is asked now.
  await announceClientChange(nobodyElse, hub.clients.admin.clientId)
  await must('{ __typename }')
  const before = await count()
  await must(query)
  return (await count()) - before
}

const nested = (limit: number) => `{
  classes(limit: ${limit}) {
    total
    items { title school { name } course { title } terms { title }
      students(limit: 5) { total items { givenName roles { role org { name parent { name } } } primaryOrg { name children { name } } classes { items { title } } enrollments { total items { role } } } }
      enrollments(limit: 5) { items { role user { familyName } } }
    }
  }
}`

describe('statements of a nested query', () => {
  it('do not grow with the rows', async () => {
    await statementsOf(nested(3))
    const few = await statementsOf(nested(3))
    const many = await statementsOf(nested(30))
    expect(many).toBe(few)
    expect(many).toBeLessThan(25)
  })

  it('do not grow with the imports whose issues are shown', async () => {
    const counts = [0, 2, 5]
    await askDatabase(
      hub.database.ownerUrl,
      `with jobs as (insert into import_jobs (tenant_id, job_id, state, file_name, options, created_by, created_at)
         select $1, gen_random_uuid(), 'REJECTED', 'file' || n, '{"source": "x"}', 'x', now() + make_interval(secs => n)
         from unnest($2::int[]) n returning *)
       insert into import_issues (tenant_id, job_id, position, code, severity, file, line, parameters)
       select $1, job_id, line, 'row.required', 'error', 'users.csv', line, '{}' from jobs, generate_series(1, substr(file_name, 5)::int) line`,
      [hub.tenantId, counts],
    )
    const jobs = (limit: number) => `{ importJobs(limit: ${limit}) { items { fileName
      issues(limit: 2, offset: 1) { total items { line } } none: issues(severity: warning) { total items { line } } } } }`
    expect(await statementsOf(jobs(3))).toBe(await statementsOf(jobs(1)))
    expect((await must(jobs(3))).importJobs.items).toEqual(
      [[5, 2, 3], [2, 2], [0]].map(([total, ...lines]) => ({
        fileName: `file${total}`,
        issues: { total, items: lines.map((line) => ({ line })) },
        none: { total: 0, items: [] },
      })),
    )
  })

  it('a page for the facade costs one, once its total is known', async () => {
    const page = '{ users(limit: 10) { total rendered next } }'
    await statementsOf(page)
    expect(await statementsOf(page)).toBe(1)
    const other = '{ users(limit: 5, offset: 20) { next rendered total } }'
    expect(await statementsOf(other)).toBe(1)
  })

  it('a page that is the whole list costs one, the first time too', async () => {
    expect(await statementsOf('{ users(limit: 100) { total rendered next } }')).toBe(1)
    const changed = `{ users(filter: { dateLastModified: { gt: "2026-01-01T00:00:00.000Z" } }) { total rendered next } }`
    expect(await statementsOf(changed)).toBe(1)
    expect(await statementsOf(changed)).toBe(1)
  })

  it('a page that was the whole list is told as any other when the list has outgrown it', async () => {
    const page = () => must('{ orgs(limit: 3) { total rendered next } }')
    const idsIn = (rendered: unknown) =>
      (JSON.parse(`[${String(rendered).replaceAll('\u0001', '')}]`) as { sourcedId: string }[]).map(
        (org) => org.sourcedId,
      )
    const create = (id: string) =>
      must(`mutation { createOrg(input: { sourcedId: "${id}", name: "学校", type: "school" }) { sourcedId } }`)
    for (const known of ['asked', 'known']) {
      const { total, next, rendered } = (await page()).orgs
      expect([known, total, next, idsIn(rendered)]).toEqual([known, 1, null, ['school']])
    }
    await create('school2')
    expect((await page()).orgs).toMatchObject({ total: 2, next: null })
    await create('school3')
    expect((await page()).orgs).toMatchObject({ total: 3, next: null })
    await create('school4')
    const { total, next, rendered } = (await page()).orgs
    expect([total, idsIn(rendered)]).toEqual([4, ['school', 'school2', 'school3']])
    const behind = await must(`{ orgs(limit: 3, after: "${next}") { total rendered } }`)
    expect([behind.orgs.total, idsIn(behind.orgs.rendered)]).toEqual([4, ['school4']])
  })

  it('a page below a class costs one, class included', async () => {
    const page = (id: string) => `{ studentsOfClass(sourcedId: "${id}") { rendered total next } }`
    await statementsOf(page('c1'))
    expect(await statementsOf(page('c1'))).toBe(1)
    const { data, errors } = await ask(hub, page('nowhere'), {}, admin)
    expect(data).toEqual({ studentsOfClass: null })
    expect(errors?.[0]?.extensions?.['code']).toBe('UNKNOWN_OBJECT')
    const typed = (id: string) => must(`{ studentsOfClass(sourcedId: "${id}") { items { sourcedId } total } }`)
    expect(await typed('c1')).toEqual({ studentsOfClass: { items: [{ sourcedId: 'u1' }], total: 1 } })
    expect(await typed('nowhere')).toEqual({ studentsOfClass: null })
  })

  it('a reference asked only for its key costs nothing', async () => {
    const plain = await statementsOf('{ classes { items { title } } }')
    expect(
      await statementsOf(
        '{ classes { items { title school { sourcedId } course { sourcedId } terms { sourcedId } } } }',
      ),
    ).toBe(plain)
  })

  it('a total is true again after a write', async () => {
    const total = async () => (await must('{ users(limit: 1) { total rendered } }')).users.total
    const before = await total()
    await must(
      'mutation { createUser(input: { sourcedId: "new", enabledUser: true, username: "n", givenName: "g", familyName: "f" }) { sourcedId } }',
    )
    expect(await total()).toBe(before + 1)
  })
})
