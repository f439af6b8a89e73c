import { differences, roleOrder, userRoles } from '../../oneroster/differences11'
import { documentMembers } from '../../oneroster/documentSql'
import { entities, servedEntities } from '../../oneroster/model'
import { vocabularies } from '../../oneroster/vocabulary'
import { flatten, shape, type ServedName, type View } from './shape'

const view: View = { jsonBooleans: false, identifierFallback: true, day: '2026-11-22', baseUrl: 'https://hub.example' }
const org = (sourcedId: string) => ({ href: `https://hub.example/orgs/${sourcedId}`, sourcedId, type: 'org' })

test('the table speaks of every served entity, and of members that 1.2 documents have', () => {
  expect(Object.keys(differences).sort()).toEqual(servedEntities.map(({ name }) => name).sort())
  for (const [name, { hidden, lists, tokens }] of Object.entries(differences)) {
    const known = [...documentMembers(entities[name as ServedName]), 'agentOf']
    for (const member of [...hidden, ...lists, ...Object.keys(tokens)]) expect(known).toContain(member)
  }
})

test('every token of 1.2 has its place in 1.1', () => {
  for (const [name, { tokens }] of Object.entries(differences)) {
    for (const [field, { shows, extension }] of Object.entries(tokens)) {
      const { values } = entities[name as ServedName].fields.find((each) => each.name === field)!
      const vocabulary = vocabularies[values!]
      for (const token of vocabulary.tokens) expect(Object.keys(shows)).toContain(token)
      expect(extension !== undefined).toBe(vocabulary.open)
    }
  }
  for (const role of vocabularies.userRole.tokens) expect(Object.keys(userRoles.shows)).toContain(role)
  for (const shown of Object.values(userRoles.shows)) expect(roleOrder).toContain(shown)
})

test('metadata becomes a map of strings', () => {
  const metadata = { 'jp.a': 'x', b: { c: { d: 1 }, e: null }, f: ['x', 'y'], g: [{ h: 1 }], i: true, j: {} }
  const flat = { 'jp.a': 'x', 'b.c.d': '1', 'b.e': null, f: 'x,y', g: '[{"h":1}]', i: 'true' }
  expect(flatten(metadata)).toEqual(flat)
})

test('a role counts from its first to its last day', () => {
  const roles = [
    { roleType: 'primary', role: 'teacher', org: org('a'), beginDate: '2026-04-01', endDate: '2026-11-22' },
    { roleType: 'primary', role: 'parent', org: org('b') },
  ]
  const on = (day: string) => {
    const { role, orgs } = shape('user', { sourcedId: 'u', roles }, { ...view, day }) as Record<string, any>
    return [role, orgs.map(({ sourcedId }: { sourcedId: string }) => sourcedId).join()]
  }
  expect(on('2026-03-31')).toEqual(['parent', 'b'])
  expect(on('2026-04-01')).toEqual(['teacher', 'a,b'])
  expect(on('2026-11-22')).toEqual(['teacher', 'a,b'])
  expect(on('2026-11-23')).toEqual(['parent', 'b'])
})

test('agents are those named by either side, each once', () => {
  const person = (sourcedId: string, path = sourcedId) => {
    return { href: `https://hub.example/users/${path}`, sourcedId, type: 'user' }
  }
  const document = { sourcedId: 'u', agents: [person('a'), person('b')], agentOf: ['b', 'c/d'] }
  const { agents, agentOf } = shape('user', document, view) as Record<string, any>
  expect(agents).toEqual([person('a'), person('b'), person('c/d', 'c%2Fd')])
  expect(agentOf).toBeUndefined()
})

test('identifier and username fall back in order', () => {
  const shown = (more: object, settings: Partial<View> = {}) => {
    const { username, identifier } = shape('user', { sourcedId: 'u', ...more }, { ...view, ...settings })
    return [username, identifier]
  }
  const userIds = [{ type: 'LDAP', identifier: 'l' }]
  expect(shown({ username: 'n', identifier: 'i', email: 'e', userIds })).toEqual(['n', 'i'])
  expect(shown({ identifier: 'i', email: 'e', userIds })).toEqual(['e', 'i'])
  expect(shown({ identifier: 'i', userIds })).toEqual(['i', 'i'])
  expect(shown({ userIds })).toEqual(['u', 'l'])
  expect(shown({})).toEqual(['u', 'u'])
  expect(shown({ userIds }, { identifierFallback: false })).toEqual(['u', undefined])
})
