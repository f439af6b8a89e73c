import { filterSql, parameters } from '../oneroster/filterSql'
import { entities, servedEntities } from '../oneroster/model'
import { codeOf } from '../platform/errors'
import { predicates } from './filter'
import { filterFields, predicatesOf, typedFilter } from './typedFilter'

const { user, klass, org, enrollment, demographics } = { ...entities, klass: entities.class }

test.each([
  [user, "givenName='太郎'", { givenName: { eq: '太郎' } }],
  [user, "enabledUser='true'", { enabledUser: { eq: true } }],
  [user, "enabledUser!='false'", { enabledUser: { ne: false } }],
  [user, "roles.role='student'", { roles: { role: { eq: 'student' } } }],
  [user, "role='student'", { roles: { role: { eq: 'student' } } }],
  [user, "roles.org.sourcedId='s1'", { roles: { org: { sourcedId: { eq: 's1' } } } }],
  [user, "userIds.type='LDAP'", { userIds: { type: { eq: 'LDAP' } } }],
  [user, "agents.sourcedId='u2'", { agents: { sourcedId: { eq: 'u2' } } }],
  [user, "grades~'P'", { grades: { contains: 'P' } }],
  [user, "metadata.jp.kanaGivenName='タロウ'", { metadata: [{ key: 'jp.kanaGivenName', eq: 'タロウ' }] }],
  [klass, "school.sourcedId='s1'", { school: { sourcedId: { eq: 's1' } } }],
  [klass, "terms.sourcedId='t1'", { terms: { sourcedId: { eq: 't1' } } }],
  [enrollment, "class='c1'", { class: { sourcedId: { eq: 'c1' } } }],
  [enrollment, "role='student'", { role: { eq: 'student' } }],
  [org, "status='norecords'", { status: { eq: 'norecords' } }],
  [demographics, "sourcedId>='u1'", { sourcedId: { ge: 'u1' } }],
  [user, "a='1'", undefined],
  [
    user,
    "status='active' AND dateLastModified>'2026-04-01T00:00:00 09:00'",
    { AND: [{ status: { eq: 'active' } }, { dateLastModified: { gt: '2026-04-01T00:00:00+09:00' } }] },
  ],
  [user, "email='a' OR email='b'", { OR: [{ email: { eq: 'a' } }, { email: { eq: 'b' } }] }],
])('%#: %s', (entity, text, expected) => {
  if (expected) expect(typedFilter(entity, text)).toEqual(expected)
  else expect(refusal(entity, text)).toContain('position 1: expected a field of User')
})

test.each([
  [user, "rol='student'", 'position 1: expected a field of User'],
  [user, "status='active' AND Role='x'", 'position 21: expected a field of User'],
  [user, "password='x'", 'a field of User'],
  [user, "roles='student'", 'a field of User'],
  [user, "roles.password='x'", 'a field of User'],
  [user, "metadata='x'", 'a field of User'],
  [user, "enabledUser='yes'", "position 13: expected 'true' or 'false'"],
  [user, "enabledUser~'t'", 'position 12: expected one of = != for enabledUser'],
  [user, "grades>'P1'", 'expected one of = != ~ for grades'],
  [user, "roles.role<'student'", 'expected one of = != ~ for roles.role'],
  [user, "dateLastModified~'2026'", 'expected one of = != > >= < <= for dateLastModified'],
  [klass, "school.href='x'", 'a field of Class'],
  [org, "role='student'", 'a field of Org'],
  [user, "constructor='x'", 'a field of User'],
  [user, "__proto__='x'", 'a field of User'],
])('%#: %s is refused', (entity, text, message) => {
  expect(refusal(entity, text)).toContain(message)
})

test('every field of every entity takes every predicate that fits it, down to SQL, and no other', () => {
  let checked = 0
  for (const entity of servedEntities) {
    for (const field of filterFields(entity).values()) {
      const value = field.type === 'boolean' ? 'true' : field.type.startsWith('date') ? '2026-04-01' : 'x'
      for (const predicate of Object.keys(predicates) as (keyof typeof predicates)[]) {
        const text = `${field.path}${predicate}'${value}'`
        checked++
        if (!predicatesOf(field).includes(predicate)) expect(refusal(entity, text)).toContain('expected one of')
        else {
          const params = parameters(1)
          const sql = filterSql(entity, typedFilter(entity, text), 't', params)
          expect(sql).toContain('$2')
          expect(params.values).toHaveLength(2)
        }
      }
    }
  }
  expect(checked).toBeGreaterThan(500)
})

function refusal(entity: (typeof servedEntities)[number], text: string): string {
  try {
    typedFilter(entity, text)
  } catch (error) {
    expect(codeOf(error)).toBe('INVALID_FILTER_FIELD')
    return (error as Error).message
  }
  throw new Error(`${text} was accepted`)
}
