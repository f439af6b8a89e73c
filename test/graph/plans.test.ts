import { Client } from 'pg'
import type { Filter } from '../../oneroster/filterSql'
import { entities, type Entity } from '../../oneroster/model'
import { listSql, type Subset } from '../../oneroster/pageSql'
import { subsets as ofEnrollments } from '../../subgraphs/enrollments/subsets'
import { subsets as ofOrgs } from '../../subgraphs/orgs/subsets'
import { subsets as ofUsers } from '../../subgraphs/users/subsets'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { createTenant } from '../support/roster'

let database: TestDatabase
let app: Client
let tenant: number

beforeAll(async () => {
  database = await createTestDatabase()
  tenant = await createTenant(database.ownerUrl, 'large')
  const other = await createTenant(database.ownerUrl, 'neighbour')
  const owner = new Client({ connectionString: database.ownerUrl })
  await owner.connect()
  for (const id of [tenant, other]) await fill(owner, id)
  await owner.query('analyze')
  await owner.end()
  app = new Client({ connectionString: database.appUrl })
  await app.connect()
  await app.query(`select set_config('rosterhub.tenant', $1, false)`, [String(tenant)])
})
afterAll(async () => {
  await app?.end()
  await database?.drop()
})

/** 20 schools, 400 classes, 20,000 users with a role each, 60,000 enrollments. */
async function fill(owner: Client, tenantId: number): Promise<void> {
  const stamp = `timestamptz '2026-01-01' + n * interval '1 second'`
  await owner.query(`
    insert into roster_state values (${tenantId}, now());
    insert into orgs (tenant_id, sourced_id, date_last_modified, name, type, document)
      select ${tenantId}, 'org-' || n, ${stamp}, 'name', 'school', '{}' from generate_series(0, 19) n;
    insert into courses (tenant_id, sourced_id, date_last_modified, title, org_sourced_id, document)
      select ${tenantId}, 'course-' || n, ${stamp}, 'title', 'org-' || n % 20, '{}' from generate_series(0, 99) n;
    insert into classes (tenant_id, sourced_id, date_last_modified, title, course_sourced_id, school_sourced_id, term_sourced_ids, document)
      select ${tenantId}, 'class-' || n, ${stamp}, 'title', 'course-' || n % 100, 'org-' || n % 20, array['term-1'], '{}' from generate_series(0, 399) n;
    insert into users (tenant_id, sourced_id, date_last_modified, enabled_user, username, given_name, family_name, email, document)
      select ${tenantId}, 'user-' || n, ${stamp}, true, 'login' || n, 'given', 'family', 'mail' || n || '@example.jp', '{}' from generate_series(0, 19999) n;
    insert into roles (tenant_id, sourced_id, date_last_modified, user_sourced_id, role_type, role, org_sourced_id)
      select ${tenantId}, 'role-' || n, ${stamp}, 'user-' || n, 'primary', case when n % 15 = 0 then 'teacher' else 'student' end, 'org-' || n % 20
      from generate_series(0, 19999) n;
    insert into enrollments (tenant_id, sourced_id, date_last_modified, class_sourced_id, school_sourced_id, user_sourced_id, role, document)
      select ${tenantId}, 'enrollment-' || n, ${stamp}, 'class-' || n % 400, 'org-' || n % 20, 'user-' || n % 20000,
        case when n % 15 = 0 then 'teacher' else 'student' end, '{}' from generate_series(0, 59999) n;
    insert into demographics (tenant_id, sourced_id, date_last_modified, sex, document)
      select ${tenantId}, 'user-' || n, ${stamp}, 'female', '{}' from generate_series(0, 19999) n;
  `)
}

const { user, enrollment, demographics, class: klass, course } = entities
const large = ['users', 'roles', 'enrollments', 'demographics']
const changed: Filter = { dateLastModified: { gt: '2026-01-01T05:30:00.000Z' } }
const questions: [string, Entity, Subset | undefined, string | undefined, Filter | undefined][] = [
  ['users', user, undefined, undefined, undefined],
  ['students', user, ofUsers.students, undefined, undefined],
  ['teachers', user, ofUsers.teachers, undefined, undefined],
  ['enrollments', enrollment, undefined, undefined, undefined],
  ['demographics', demographics, undefined, undefined, undefined],
  ['students of a class', user, ofUsers.studentsOfClass, 'class-7', undefined],
  ['teachers of a class', user, ofUsers.teachersOfClass, 'class-7', undefined],
  ['students of a school', user, ofUsers.studentsOfSchool, 'org-3', undefined],
  ['teachers of a school', user, ofUsers.teachersOfSchool, 'org-3', undefined],
  ['enrollments of a class', enrollment, ofEnrollments.ofClass, 'class-7', undefined],
  ['enrollments of a school', enrollment, ofEnrollments.ofSchool, 'org-3', undefined],
  ['enrollments of a user', enrollment, ofEnrollments.ofUser, 'user-77', undefined],
  ['classes of a user', klass, ofOrgs.classesOfUser, 'user-77', undefined],
  ['classes of a school', klass, ofOrgs.classesOfSchool, 'org-3', undefined],
  ['courses of a school', course, ofOrgs.coursesOfSchool, 'org-3', undefined],
  ['users changed since', user, undefined, undefined, changed],
  [
    'enrollments changed since',
    enrollment,
    undefined,
    undefined,
    { dateLastModified: { ge: '2026-01-01T16:30:00.000Z' } },
  ],
  ['demographics changed since', demographics, undefined, undefined, changed],
  ['users by mail', user, undefined, undefined, { email: { eq: 'Mail77@Example.jp' } }],
  ['users by login name', user, undefined, undefined, { username: { eq: 'login77' } }],
  ['a user by filter', user, undefined, undefined, { sourcedId: { eq: 'user-77' } }],
]

describe('on a filled table, under row-level security,', () => {
  it.each(questions)(
    '%s: a page reads no large table from end to end',
    async (_name, entity, subset, parent, filter) => {
      const request = {
        entity,
        tenantId: tenant,
        ...(subset ? { subset } : {}),
        filter: filter ?? null,
        limit: 100,
        offset: 0,
      }
      const { text, values } = listSql('rendered', request, parent === undefined ? undefined : [parent])
      const { rows } = await app.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${text}`, values)
      expect(scannedWhole(rows[0]!['QUERY PLAN'][0].Plan).filter((table) => large.includes(table))).toEqual([])
    },
  )

  it.each(questions.filter(([, , , , filter]) => !filter))(
    '%s: a page planned for any values reads hardly more than one planned for these',
    async (_name, entity, subset, parent) => {
      const request = { entity, tenantId: tenant, limit: 100, offset: 0, ...(subset ? { subset } : {}) }
      for (const part of ['rendered', 'short', 'items', 'total'] as const) {
        const { text, values } = listSql(part, request, parent === undefined ? undefined : [parent])
        const [these, any] = [await blocksOf('custom', text, values), await blocksOf('generic', text, values)]
        expect(any).toBeLessThan(these * 3 + 100)
      }
    },
  )

  // For these values and for any: PostgreSQL compares the two after five times, and takes the one that looks cheaper.
  it.each(['force_custom_plan', 'force_generic_plan'])(
    'what changed today is read by the index of changes: %s',
    async (mode) => {
      const request = { entity: user, tenantId: tenant, filter: changed, limit: 1000, offset: 0 }
      const { text, values } = listSql('short', request)
      await app.query(`prepare changed as ${text}`)
      await app.query(`set plan_cache_mode = ${mode}`)
      try {
        const execution = `execute changed(${values.map((value) => `'${String(value)}'`).join(', ')})`
        const { rows } = await app.query<{ 'QUERY PLAN': string }>(`explain ${execution}`)
        expect(rows.map((row) => row['QUERY PLAN']).join(' ')).toMatch(/users_changed/)
      } finally {
        await app.query('reset plan_cache_mode; deallocate changed')
      }
    },
  )

  it('the page at the end costs no more than the first one when the position is given', async () => {
    const costOf = async (after: string | null) => {
      const { text, values } = listSql('rendered', { entity: user, tenantId: tenant, limit: 100, offset: 0, after })
      const { rows } = await app.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, buffers, format json) ${text}`,
        values,
      )
      const plan = rows[0]!['QUERY PLAN'][0].Plan
      return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
    }
    const deep = Buffer.from(JSON.stringify(['user-9800', 'user-9800'])).toString('base64url')
    await costOf(deep)
    expect(await costOf(deep)).toBeLessThan((await costOf(null)) * 3)
  })
})

describe('of one school, for a client that may see no other,', () => {
  let restricted: Client
  beforeAll(async () => {
    restricted = new Client({ connectionString: database.appUrl })
    await restricted.connect()
    await restricted.query(
      `select set_config('rosterhub.tenant', $1, false), set_config('rosterhub.own_orgs', o.own::text, false),
         set_config('rosterhub.seen_orgs', o.seen::text, false), set_config('work_mem', '64MB', false),
         set_config('search_path', 'visible', false),
         set_config('role', 'rosterhub_restricted', false) from orgs_of_schools($2, '{org-3}') o`,
      [String(tenant), tenant],
    )
  })
  afterAll(() => restricted?.end())

  it.each(questions)('%s: a page reads no large table from end to end', async (_name, ...question) => {
    const [entity, subset, parent, filter] = question
    const request = { entity, tenantId: tenant, anew: true, limit: 100, offset: 0, ...(subset ? { subset } : {}) }
    const asked = { ...request, filter: filter ?? null }
    const { text, values } = listSql('rendered', asked, parent === undefined ? undefined : [parent])
    const { rows } = await restricted.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${text}`, values)
    expect(scannedWhole(rows[0]!['QUERY PLAN'][0].Plan).filter((table) => large.includes(table))).toEqual([])
  })

  it.each(questions)(
    '%s: neither its page nor its total looks the school up for each user',
    async (_name, ...question) => {
      const [entity, subset, parent, filter] = question
      for (const [client, anew] of [
        [restricted, true],
        [app, false],
      ] as const) {
        const asked = {
          entity,
          tenantId: tenant,
          anew,
          limit: 100,
          offset: 0,
          filter: filter ?? null,
          ...(subset ? { subset } : {}),
        }
        for (const part of ['rendered', 'short', 'total'] as const) {
          const { text, values } = listSql(part, asked, parent === undefined ? undefined : [parent])
          // It would take minutes.
          await client.query(`set statement_timeout = '30s'`)
          expect((await client.query(text, values)).rows).toHaveLength(1)
        }
      }
    },
  )
})

/** Blocks that a prepared statement touches under one of PostgreSQL's two kinds of plans; it chooses between them by what it expects. */
async function blocksOf(kind: 'custom' | 'generic', text: string, values: readonly unknown[]): Promise<number> {
  await app.query(`set plan_cache_mode = force_${kind}_plan; prepare question as ${text}`)
  try {
    const execution = `execute question(${values.map((value) => `'${String(value)}'`).join(', ')})`
    const { rows } = await app.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `explain (analyze, buffers, format json) ${execution}`,
    )
    const plan = rows[0]!['QUERY PLAN'][0].Plan
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
  } finally {
    await app.query('reset plan_cache_mode; deallocate question')
  }
}

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: Plan[]
}

function scannedWhole(plan: Plan): string[] {
  const own = plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name']!] : []
  return [...own, ...(plan.Plans ?? []).flatMap(scannedWhole)]
}
