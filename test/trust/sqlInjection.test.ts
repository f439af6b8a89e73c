import { endpoints } from '../../oneroster/endpoints'
import { district } from '../rest/district'
import { insertRoster } from '../support/insertRoster'
import { askDatabase } from '../support/database'
import { createTenant } from '../support/roster'
import { countAttacks } from './attacks'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** Threat: SQL in every parameter of both doors. It is a value like any other, or refused; it never runs. */
describe('SQL in parameters', () => {
  const attacks = countAttacks('SQL in parameters')
  let hub: Hub
  let before: string

  beforeAll(async () => {
    hub = await startHub('one machine', { roster: district })
    const other = await createTenant(hub.database.ownerUrl, 'other-board')
    await insertRoster(hub.database.ownerUrl, other, { org: [{ ...org, sourcedId: 'x', name: mark }] })
    before = await counts()
  })
  afterAll(async () => {
    await hub?.close()
    attacks.report()
  })

  const mark = 'FREMDE-ZEILE'
  const org = { status: 'active', dateLastModified: '2026-04-01T00:00:00.000Z', type: 'school' }
  const payloads = [
    `'`,
    `''`,
    `' or '1'='1`,
    `' or 1=1 --`,
    `') or true or ('`,
    `1; drop table users; --`,
    `'; delete from users; select '`,
    `' union select name, name, name from orgs --`,
    `' and 1=cast((select version()) as int) --`,
    `'||(select string_agg(name, ',') from orgs)||'`,
    `' or pg_sleep(60) is null --`,
    `$1`,
    `$$; select 1; $$`,
    `\\'; select 1 --`,
    `%' escape '\\' or 'a' like '%`,
    `x' collate "C" or tenant_id > 0 --`,
    `"; set rosterhub.tenant = 2; --`,
    `';reset role;--`,
    `/**/or/**/1=1`,
    `%00`,
    `\u0000`,
    `ʼ or 1=1`,
  ]

  async function attack(what: string, send: () => Promise<Response>): Promise<void> {
    const began = Date.now()
    const response = await send()
    const text = await response.text()
    const took = Date.now() - began
    // What was sent may come back as the value it is. The longest first: a single quotation mark is part of most.
    const longestFirst = [...payloads].sort((a, b) => b.length - a.length)
    const told = longestFirst.reduce((rest, payload) => rest.replaceAll(JSON.stringify(payload).slice(1, -1), ''), text)
    const tells = /syntax error|pg_|relation "|PostgreSQL|SQLSTATE|\.ts:\d|\.js:\d|unterminated/i.test(told)
    const held = response.status < 500 && !text.includes(mark) && !tells && took < 30_000
    attacks.tried(what, held, [response.status, took, text.slice(0, 300)])
  }
  const rest = (path: string) => fetch(hub.restUrl + path, { headers: { authorization: `Bearer ${hub.token()}` } })

  it('is a value in every parameter of a list', async () => {
    for (const payload of payloads) {
      const value = encodeURIComponent(payload)
      const queries = [
        `limit=${value}`,
        `offset=${value}`,
        `sort=${value}`,
        `sort=familyName&orderBy=${value}`,
        `fields=${value}`,
        `after=${value}`,
        `filter=${value}`,
        `filter=${encodeURIComponent(`familyName='${payload}'`)}`,
        `filter=${encodeURIComponent(`familyName='${payload.replaceAll(`'`, `''`)}'`)}`,
        `filter=${encodeURIComponent(`familyName~'${payload.replaceAll(`'`, `''`)}'`)}`,
        `filter=${encodeURIComponent(`${payload}='x'`)}`,
        `filter=${encodeURIComponent(`metadata.${payload}='x'`)}`,
        `filter=${encodeURIComponent(`roles.role='${payload}'`)}`,
        `filter=${encodeURIComponent(`dateLastModified>'${payload}'`)}`,
        `filter=${encodeURIComponent(`givenName='a' ${payload} familyName='b'`)}`,
      ]
      for (const query of queries) await attack(query, () => rest(`${base}/users?${query}`))
    }
  })

  it('is a value in every path', async () => {
    for (const { path } of endpoints.filter((each) => each.path.includes('{'))) {
      for (const payload of payloads.slice(0, 8)) {
        const target = base + path.replace(/\{\w+\}/g, encodeURIComponent(payload))
        await attack(target, () => rest(target))
      }
    }
  })

  it('is a value in OneRoster 1.1', async () => {
    for (const payload of payloads) {
      for (const query of [
        `filter=${encodeURIComponent(`familyName='${payload}'`)}`,
        `sort=${encodeURIComponent(payload)}`,
      ]) {
        await attack(`1.1 ${query}`, () => rest(`/ims/oneroster/v1p1/users?${query}`))
      }
    }
  })

  it('is a value in credentials and in the token request', async () => {
    for (const payload of payloads.filter((each) => !/[^\x20-\x7e]/.test(each))) {
      const path = `${hub.restUrl}${base}/orgs`
      await attack(`key ${payload}`, () => fetch(path, { headers: { 'x-api-key': payload } }))
      await attack(`key part ${payload}`, () =>
        fetch(path, { headers: { 'x-api-key': `rhk_0123456789abcdef.${payload}` } }),
      )
      await attack(`token ${payload}`, () => fetch(path, { headers: { authorization: `Bearer ${payload}` } }))
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: payload,
        client_secret: payload,
        scope: payload,
      })
      await attack(`client ${payload}`, () => fetch(`${hub.restUrl}/oauth2/token`, { method: 'POST', body }))
    }
  })

  it('is a value in every text argument of the graph', async () => {
    const operations: [string, (payload: string) => object][] = [
      ['query ($v: ID!) { user(sourcedId: $v) { givenName classes { total } } }', (v) => ({ v })],
      ['query ($v: String!) { users(filter: { familyName: { eq: $v } }) { total } }', (v) => ({ v })],
      ['query ($v: String!) { users(filter: { familyName: { contains: $v } }) { total } }', (v) => ({ v })],
      ['query ($v: String!) { users(filter: { metadata: { key: $v, eq: $v } }) { total } }', (v) => ({ v })],
      ['query ($v: [String!]!) { orgs(filter: { name: { in: $v } }) { items { name } } }', (v) => ({ v: [v, v] })],
      ['query ($v: String!) { auditEvents(filter: { clientId: $v, operation: $v }) { total } }', (v) => ({ v })],
      ['query ($v: String!) { importJobs(filter: { source: $v }) { total } }', (v) => ({ v })],
      [
        'query ($v: ID!) { importJob(id: $v) { id } exportJob(id: $v) { id } client(clientId: $v) { name } }',
        (v) => ({ v }),
      ],
      [
        'mutation ($v: String!) { createClient(input: { name: $v, description: $v, contact: $v, scopes: [$v] }) { clientId } }',
        (v) => ({ v }),
      ],
      ['mutation ($v: ID!) { revokeClient(clientId: $v) { clientId } }', (v) => ({ v })],
      ['mutation ($v: ID!) { deleteUser(sourcedId: $v) { sourcedId } }', (v) => ({ v })],
      ['mutation ($v: ID!) { erasePerson(userSourcedId: $v, reason: OTHER) { id } }', (v) => ({ v })],
      ['mutation ($v: String!) { updateOrg(sourcedId: "school-2", input: { name: $v }) { name } }', (v) => ({ v })],
    ]
    for (const [query, variables] of operations) {
      for (const payload of payloads) {
        const body = JSON.stringify({ query, variables: variables(payload) })
        const headers = { 'x-api-key': hub.clients.admin.apiKey, 'content-type': 'application/json' }
        await attack(`${query} ${payload}`, async () => {
          const answer = await fetch(hub.graphqlUrl, { method: 'POST', headers, body })
          const text = await answer.text()
          // An error of ours is told by its code, with status 200 beside other data.
          return new Response(text, { status: text.includes('INTERNAL_SERVER_ERROR') ? 500 : answer.status })
        })
      }
    }
  })

  it('changed nothing', async () => {
    expect(await counts()).toEqual(before)
  })

  async function counts(): Promise<string> {
    const tables = ['tenants', 'users', 'orgs', 'classes', 'enrollments', 'demographics', 'roles']
    const text = tables.map((table) => `select '${table}', count(*) from ${table}`).join(' union all ')
    return JSON.stringify(await askDatabase(hub.database.ownerUrl, text))
  }
})
