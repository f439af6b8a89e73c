import { endpoints } from '../../oneroster/endpoints'
import { documentMembers } from '../../oneroster/documentSql'
import { entities } from '../../oneroster/model'
import { sortProperties } from '../../rest-facade/listParams'
import { district } from './district'
import { get, recordsOf, type Json } from './rest'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

const roots = endpoints.filter(({ answers, path }) => answers === 'list' && !path.includes('{'))
const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

describe('chapter 4, fields', () => {
  test.each(roots.map(({ path, entity }) => [path, entity] as const))(
    '%s answers any selection with just those members',
    async (path, entity) => {
      const whole = recordsOf(await get(hub, `${path}?limit=1000`))
      for (const member of documentMembers(entities[entity])) {
        const selected = recordsOf(await get(hub, `${path}?limit=1000&fields=${member}`))
        const expected = whole.map((record) => (member in record ? { [member]: record[member] } : {}))
        expect(selected).toEqual(expected)
      }
    },
  )

  test('a comma list and a repeated parameter are the same', async () => {
    const comma = await get(hub, '/users?fields=sourcedId,roles,metadata')
    const repeated = await get(hub, '/users?fields=sourcedId&fields=roles&fields=metadata')
    expect(recordsOf(repeated)).toEqual(recordsOf(comma))
    expect(Object.keys(recordsOf(comma)[40]).sort()).toEqual(['metadata', 'roles', 'sourcedId'])
  })

  test('one object takes a selection as well', async () => {
    expect((await get(hub, '/users/user-0030?fields=givenName,grades')).json).toEqual({
      user: { givenName: '太郎', grades: ['P1'] },
    })
  })

  test('a member of the standard that is never served may be asked for', async () => {
    expect((await get(hub, '/users/user-0030?fields=resources')).json).toEqual({ user: {} })
    expect((await get(hub, '/users/user-0030?fields=password,sourcedId')).json).toEqual({
      user: { sourcedId: 'user-0030' },
    })
  })
})

describe('chapter 5, sorting', () => {
  test.each(roots.map(({ path, entity }) => [path, entity] as const))(
    '%s is sorted by any field, by code point, ties by sourcedId',
    async (path, entity) => {
      const whole = recordsOf(await get(hub, `${path}?limit=1000`))
      for (const field of sortProperties(entities[entity]).keys()) {
        const key = (record: Json) =>
          String(
            field.split('.').reduce((value, name) => value?.[name], record)?.sourcedId ??
              field.split('.').reduce((value, name) => value?.[name], record) ??
              '',
          )
        const ascending = [...whole].sort(
          (a, b) => byCodePoint(key(a), key(b)) || byCodePoint(a.sourcedId, b.sourcedId),
        )
        expect(recordsOf(await get(hub, `${path}?limit=1000&sort=${field}`))).toEqual(ascending)
        const descending = await get(hub, `${path}?limit=1000&sort=${field}&orderBy=desc`)
        expect(recordsOf(descending)).toEqual(ascending.reverse())
      }
    },
  )

  test('orderBy without sort is taken', async () => {
    const ids = async (query: string) => recordsOf(await get(hub, `/orgs?${query}`)).map(({ sourcedId }) => sourcedId)
    expect(await ids('orderBy=asc')).toEqual(await ids(''))
    expect(await ids('orderBy=desc')).toEqual((await ids('')).reverse())
  })
})
