import { isReference, type Field } from '../../oneroster/fields'
import { entities, servedEntities, type Entity } from '../../oneroster/model'
import { scopes } from '../../oneroster/scopes'
import { serveRestFacade } from '../../rest-facade/server'
import { singular } from '../../rest-facade/nouns'
import { district } from './district'
import { base, get, request, type Json } from './rest'
import { ask } from '../support/ask'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
  const { clientId } = hub.clients.demographicsVendor
  const text = 'update api_clients set scopes = $1 where client_id = $2'
  await askDatabase(hub.database.ownerUrl, text, [Object.values(scopes), clientId])
})
afterAll(() => hub?.close())

const headers = () => ({
  Authorization: `Bearer ${hub.token(...Object.values(scopes))}`,
  'Content-Type': 'application/json',
})
const write = (method: string, path: string, body: unknown) =>
  request(hub, base + path, { method, headers: headers(), body: JSON.stringify(body) })

/** A record of each kind. */
const examples: Record<string, string> = {
  org: '/orgs/school-0',
  academicSession: '/academicSessions/semester',
  course: '/courses/course-0',
  class: '/classes/class-1',
  user: '/users/user-0030',
  enrollment: '/enrollments/enrollment-0-0',
  demographics: '/demographics/user-0030',
}
const keyOf = ({ collection }: Entity) => singular[collection]!.replace(/Of$/, '')
const role = { roleType: 'primary', role: 'student', org: { sourcedId: 'school-0' } }
const credential = { type: 'password', username: 'u' }
const profile = {
  profileId: 'urn:rosterhub:userProfile:p1',
  profileType: 'app',
  vendorId: 'v',
  credentials: [credential],
}

const isRequired = (field: Field) => field.csvRequired === true && field.name !== 'sourcedId' && field.json !== 'absent'
const required = servedEntities.flatMap((entity) =>
  entity.fields.filter(isRequired).map((field) => ({ entity, field })),
)
const requiredOf = ({ fields }: Entity) => fields.filter((field) => isRequired(field))

/** All the ways to give nothing; JSON leaves out what is undefined. */
function nothings(field: Field): unknown[] {
  if (field.type === 'guidRefs') return [undefined, null, []]
  return [undefined, null, ...(isReference(field) || field.type === 'boolean' ? [] : [''])]
}

/** What the REST door says of a refusal: the issues by code and column. */
async function refused(method: string, path: string, body: unknown): Promise<string> {
  const { status, json } = await write(method, path, body)
  expect({ path, body, status, json }).toMatchObject({ status: 422 })
  expect(json.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue).toBe('invaliddata')
  return json.imsx_description as string
}

describe('a member that the standard requires', () => {
  it.each(required.map(({ entity, field }) => [entity.name, field.name, entity, field] as const))(
    '%s.%s: left out, null or empty, it is told as an import tells it, and the record stays',
    async (_entity, name, entity, field) => {
      const path = examples[entity.name]!
      const before = (await get(hub, path)).json
      const object = before[keyOf(entity)] as Json
      for (const nothing of nothings(field)) {
        const body = { ...object, [name]: nothing }
        const said = await refused('PUT', path, { [keyOf(entity)]: body })
        expect(said).toContain(`row.required ${field.csv}`)
      }
      expect(await refused('PATCH', path, { [keyOf(entity)]: { [name]: null } })).toContain(`row.required ${field.csv}`)
      expect((await get(hub, path)).json).toEqual(before)
    },
  )

  it.each([
    ...requiredOf(entities.role).map((field) => ['roles', field.name, field.csv, role] as const),
    ...requiredOf(entities.userProfile).map((field) => ['userProfiles', field.name, field.csv, profile] as const),
  ])('user.%s.%s likewise, in PUT and PATCH', async (list, name, column, whole) => {
    const path = examples['user']!
    const { user } = (await get(hub, path)).json
    const { [name]: _left, ...rest } = whole as Json
    for (const part of [rest, { ...rest, [name]: null }]) {
      expect(await refused('PUT', path, { user: { ...user, [list]: [part] } })).toContain(`row.required ${column}`)
      expect(await refused('PATCH', path, { user: { [list]: [part] } })).toContain(`row.required ${column}`)
    }
  })

  it.each([
    ['no credentials', { ...profile, credentials: [] }, ['credentialType', 'username']],
    ['null for credentials', { ...profile, credentials: null }, ['credentialType', 'username']],
    ['a credential without type', { ...profile, credentials: [{ username: 'u' }] }, ['credentialType']],
    ['a credential of null', { ...profile, credentials: [{ type: 'password', username: null }] }, ['username']],
  ])('user.userProfiles with %s likewise', async (_what, part, columns) => {
    const path = examples['user']!
    const { user } = (await get(hub, path)).json
    const said = columns.map((column) => `row.required ${column}`).join(', ')
    expect(await refused('PUT', path, { user: { ...user, userProfiles: [part] } })).toMatch(new RegExp(`: ${said}$`))
    expect(await refused('PATCH', path, { user: { userProfiles: [part] } })).toMatch(new RegExp(`: ${said}$`))
  })

  it('and everything missing is told at once, for a record that is new too', async () => {
    for (const entity of servedEntities) {
      const columns = requiredOf(entity).map((field) => `row.required ${field.csv}`)
      if (!columns.length) continue
      const said = await refused('PUT', `/${entity.collection}/new`, { [keyOf(entity)]: {} })
      expect(said.split(': ').at(-1)!.split(', ').sort()).toEqual(columns.sort())
      expect((await request(hub, `${base}/${entity.collection}/new`)).status).toBe(404)
    }
  })
})

describe('what the types of the graph would refuse', () => {
  it('a roleType outside the vocabulary is told as an import tells it, without the value', async () => {
    const user = { user: { roles: [{ ...role, roleType: 'himitsu' }] } }
    const said = await refused('PATCH', examples['user']!, user)
    expect(said).toMatch(/: row\.token roleType$/)
    expect(said).not.toContain('himitsu')
  })

  it('REST says of a record what the graph says of it', async () => {
    const mutation = 'mutation ($input: CreateOrgInput!) { replaceOrg(input: $input) { created } }'
    const input = { sourcedId: 'x', name: '', type: 'himitsu' }
    const { errors } = await ask(hub, mutation, { input }, { authorization: headers().Authorization })
    const issues = errors[0]!.extensions['issues'] as { code: string; column: string }[]
    const said = `${errors[0]!.message}: ${issues.map(({ code, column }) => `${code} ${column}`).join(', ')}`
    expect(await refused('PUT', '/orgs/x', { org: input })).toBe(said)
  })

  it('whatever else it refuses is the fault of the body, and its message, which quotes values, goes nowhere', async () => {
    const message = 'Variable "$input" got invalid value "himitsu" at "input.name"'
    const gateway = { execute: async () => ({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] }) }
    const facade = await serveRestFacade({ config: hub.config, gateway })
    const url = `http://127.0.0.1:${facade.port}${base}/orgs/x`
    const answer = await fetch(url, {
      method: 'PUT',
      headers: { 'X-API-Key': 'x' },
      body: JSON.stringify({ org: { name: 'a', type: 'school' } }),
    })
    const text = await answer.text()
    expect([answer.status, text.includes('invaliddata'), text.includes('himitsu')]).toEqual([422, true, false])
    await facade.close()
  })
})
