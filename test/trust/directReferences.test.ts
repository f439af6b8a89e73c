import { endpoints } from '../../oneroster/endpoints'
import { scopes } from '../../oneroster/scopes'
import { signAccessToken } from '../../platform/accessToken'
import { requestDigest } from '../../platform/boundRequest'
import { identityHeader, signIdentity } from '../../platform/identity'
import { insertRoster, type RosterRows } from '../support/insertRoster'
import { askDatabase } from '../support/database'
import { createApiClient, createTenant, identityOf } from '../support/roster'
import { countAttacks } from './attacks'
import { smallestCall } from './sampleArguments'
import type { GraphQLObjectType, GraphQLSchema } from 'graphql'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** Threat: a client of one board names a record of another (IDOR), by every path, argument and entity. */
describe('records of another board', () => {
  const attacks = countAttacks('direct references')
  let hub: Hub
  let theirs: Record<string, string>
  const mark = 'FREMD'

  beforeAll(async () => {
    hub = await startHub('one process per service', { roster: own })
    const tenantId = await createTenant(hub.database.ownerUrl, 'other-board')
    await insertRoster(hub.database.ownerUrl, tenantId, foreign)
    theirs = { ...(await insertJobs(tenantId)), sourcedId: 'their' }
  })
  afterAll(async () => {
    await hub?.close()
    attacks.report()
  })

  const everything = Object.values(scopes)
  const token = () => {
    const { clientId } = hub.clients.admin
    return signAccessToken({ clientId, tenantId: hub.tenantId, scopes: everything }, hub.config.secret, 600)
  }
  const ids = [
    'their-org',
    'their-school',
    'their-term',
    'their-course',
    'their-class',
    'their-user',
    'their-enrollment',
  ]

  it('are not found by any path of REST, alone or below one another', async () => {
    const headers = { authorization: `Bearer ${hub.token()}` }
    for (const { path, answers } of endpoints.filter(({ path }) => path.includes('{'))) {
      for (const id of ids) {
        const response = await fetch(hub.restUrl + base + path.replace(/\{\w+\}/g, id), { headers })
        const text = await response.text()
        const isEmpty =
          response.status === 404 || (answers === 'list' && response.status === 200 && /:\[\]\}$/.test(text))
        attacks.tried(`${path} ${id}`, isEmpty && !text.includes(mark), [response.status, text])
        if (!path.includes('/classes/{classSourcedId}/')) continue
        const mixed = path.replace('{schoolSourcedId}', 'my-school').replace(/\{\w+\}/g, id)
        const below = await fetch(hub.restUrl + base + mixed, { headers })
        attacks.tried(`${mixed}`, !(await below.text()).includes(mark))
      }
    }
  })

  it('are not found by a filter on a reference', async () => {
    const headers = { authorization: `Bearer ${hub.token()}` }
    for (const [list, field] of [
      ['classes', 'school.sourcedId'],
      ['classes', 'school'],
      ['enrollments', 'user'],
      ['enrollments', 'user.sourcedId'],
      ['orgs', 'parent.sourcedId'],
      ['users', 'sourcedId'],
    ] as const) {
      for (const id of ids) {
        const filter = encodeURIComponent(`${field}='${id}' OR ${field}!='${id}'`)
        const response = await fetch(`${hub.restUrl}${base}/${list}?filter=${filter}`, { headers })
        const text = await response.text()
        attacks.tried(`${list} ${field} ${id}`, !text.includes(mark) && !text.includes('their-'), text)
      }
    }
  })

  it('are not found by any query or mutation of the graph that takes an id', async () => {
    const calls = [...rootFields(hub.gateway.schema, 'Query'), ...rootFields(hub.gateway.schema, 'Mutation')].flatMap(
      ({ kind, field }) =>
        field.args
          .filter(({ name }) => /sourcedId|^id$|Id$/i.test(name))
          .flatMap(({ name }) => {
            const candidates =
              name === 'id'
                ? [theirs['importJob']!, theirs['exportJob']!]
                : name === 'clientId'
                  ? [theirs['client']!]
                  : ids
            return candidates.map((id) => ({ kind, call: smallestCall(field, { [name]: JSON.stringify(id) }), id }))
          }),
    )
    expect(calls.length).toBeGreaterThan(50)
    for (const { kind, call, id } of calls) {
      if (!call || call.startsWith('issueToken')) continue
      const { data, errors } = await graphql(`${kind} { ${call} }`)
      const codes = (errors ?? []).map((error) => error.extensions.code)
      const isNothing = Object.values(data ?? {}).every((value) => value === null)
      const isTold = codes.every((code) => ['UNKNOWN_OBJECT', 'INVALID_DATA', 'FORBIDDEN', 'CONFLICT'].includes(code))
      attacks.tried(call, isNothing && isTold && !JSON.stringify({ data, errors }).includes(mark), { id, data, errors })
    }
  })

  it('are not found as entities, by a statement of one’s own tenant at any subgraph', async () => {
    const asked: [keyof typeof hub.config.subgraphUrls, string, string, string[]][] = [
      ['orgs', 'Org', 'sourcedId', ids],
      ['orgs', 'AcademicSession', 'sourcedId', ids],
      ['orgs', 'Course', 'sourcedId', ids],
      ['orgs', 'Class', 'sourcedId', ids],
      ['users', 'User', 'sourcedId', ids],
      ['users', 'Demographics', 'sourcedId', ids],
      ['enrollments', 'Enrollment', 'sourcedId', ids],
      ['access', 'ApiClient', 'clientId', [theirs['client']!]],
      ['access', 'Tenant', 'code', ['other-board']],
      ['imports', 'ImportJob', 'id', [theirs['importJob']!]],
      ['imports', 'ExportJob', 'id', [theirs['exportJob']!]],
    ]
    const probe: Record<string, string> = { Org: 'name', User: 'givenName', Class: 'title', Course: 'title' }
    for (const [subgraph, type, key, values] of asked) {
      for (const value of values) {
        const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${type} { ${probe[type] ?? key} status: __typename } } }`
        const field = {
          Enrollment: 'role',
          Demographics: 'sex',
          AcademicSession: 'title',
          ApiClient: 'name',
          Tenant: 'name',
          ImportJob: 'fileName',
          ExportJob: 'createdBy',
        }[type]
        const body = JSON.stringify({
          query: field ? query.replace(` ${probe[type] ?? key} `, ` ${field} `) : query,
          variables: { r: [{ __typename: type, [key]: value }] },
        })
        const digest = requestDigest(subgraph, body)
        const statement = signIdentity(identityOf(hub.tenantId), hub.config.secret, digest)
        const response = await fetch(hub.config.subgraphUrls[subgraph], {
          method: 'POST',
          headers: { 'content-type': 'application/json', [identityHeader]: statement },
          body,
        })
        const answer = (await response.json()) as { data?: { _entities?: unknown[] } | null; errors?: unknown[] }
        const text = JSON.stringify(answer)
        attacks.tried(
          `${type} ${value}`,
          (answer.data?._entities?.[0] ?? null) === null && !text.includes(mark),
          answer,
        )
      }
    }
  })

  it('were not changed by anything of this', async () => {
    const rows = await askDatabase(
      hub.database.ownerUrl,
      `select (select count(*)::integer from users where given_name = $1 and status = 'active') as users,
         (select revoked_at from api_clients where client_id = $2) as revoked,
         (select state from import_jobs where job_id = $3) as state`,
      [mark, theirs['client'], theirs['importJob']],
    )
    expect(rows[0]).toEqual({ users: 1, revoked: null, state: 'HELD' })
  })

  async function graphql(query: string) {
    const response = await fetch(hub.graphqlUrl, {
      method: 'POST',
      headers: { authorization: `Bearer ${token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    return (await response.json()) as { data?: any; errors?: { extensions: { code: string } }[] }
  }

  /** A client and jobs of the other board, by what they are. */
  async function insertJobs(tenantId: number): Promise<Record<string, string>> {
    const { ownerUrl } = hub.database
    const [importJob, exportJob] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
    await askDatabase(
      ownerUrl,
      `insert into import_jobs (tenant_id, job_id, state, file_name, created_by) values ($1, $2, 'HELD', $3, $3)`,
      [tenantId, importJob, mark],
    )
    await askDatabase(
      ownerUrl,
      `insert into export_jobs (tenant_id, job_id, state, created_by) values ($1, $2, 'COMPLETED', $3)`,
      [tenantId, exportJob, mark],
    )
    const { clientId } = await createApiClient(ownerUrl, tenantId, { name: mark })
    return { importJob, exportJob, client: clientId }
  }
})

function rootFields(schema: GraphQLSchema, name: 'Query' | 'Mutation') {
  const type = schema.getType(name) as GraphQLObjectType
  return Object.values(type.getFields()).map((field) => ({ kind: name.toLowerCase(), field }))
}

const row = (sourcedId: string, more: object) => ({
  ...{ sourcedId, status: 'active', dateLastModified: '2026-04-01T00:00:00.000Z' },
  ...more,
})
const roster = (who: string, name: string): RosterRows => ({
  org: [
    row(`${who}-org`, { name, type: 'district' }),
    row(`${who}-school`, { name, type: 'school', parentSourcedId: `${who}-org` }),
  ],
  academicSession: [
    row(`${who}-term`, {
      title: name,
      type: 'term',
      startDate: '2026-04-01',
      endDate: '2027-04-01',
      schoolYear: '2026',
    }),
  ],
  course: [row(`${who}-course`, { title: name, orgSourcedId: `${who}-school` })],
  class: [
    row(`${who}-class`, {
      ...{ title: name, courseSourcedId: `${who}-course`, schoolSourcedId: `${who}-school` },
      ...{ termSourcedIds: [`${who}-term`], classType: 'homeroom' },
    }),
  ],
  user: [row(`${who}-user`, { enabledUser: true, username: name, givenName: name, familyName: name })],
  role: [
    row(`${who}-role`, {
      userSourcedId: `${who}-user`,
      roleType: 'primary',
      role: 'student',
      orgSourcedId: `${who}-school`,
    }),
  ],
  enrollment: [
    row(`${who}-enrollment`, {
      ...{ classSourcedId: `${who}-class`, schoolSourcedId: `${who}-school`, userSourcedId: `${who}-user` },
      role: 'student',
    }),
  ],
  demographics: [row(`${who}-user`, { cityOfBirth: name })],
})
const own = roster('my', 'Ours')
const foreign = roster('their', 'FREMD')
