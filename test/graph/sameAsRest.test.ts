import { isReference, type Field } from '../../oneroster/fields'
import { servedEntities, type Entity } from '../../oneroster/model'
import { district } from '../rest/district'
import { get, recordsOf, type Json } from '../rest/rest'
import { dataOf } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

/** Dashboards and vendors look at the same records; the district has every field filled in some of them and absent in others. */
describe('the typed fields of the graph say what the documents of REST say', () => {
  it.each(servedEntities.map((entity) => [entity.collection, entity] as const))('%s', async (collection, entity) => {
    const documents = recordsOf(await get(hub, `/${collection}?limit=10000`))
    const query = `{ ${collection}(limit: 10000) { items { ${selectionOf(entity)} } } }`
    const headers = { authorization: `Bearer ${hub.token()}` }
    // Twice: the second time it is compiled.
    for (let round = 0; round < 2; round++) {
      const { items } = (await dataOf(hub, query, {}, headers))[collection]
      expect(items.map((item: Json) => asDocument(item))).toEqual(documents.map((document) => asDocument(document)))
    }
  })
})

function selectionOf(entity: Entity): string {
  const nested = {
    user: ['roles { roleType role beginDate endDate userProfile org { sourcedId } }', profiles],
  }[entity.name as string]
  const children = entity.hasChildren ? ['children { sourcedId }'] : []
  return [...entity.fields.flatMap(fieldSelection), ...(nested ?? []), ...children].join(' ')
}

const profiles =
  'userProfiles { profileId profileType vendorId applicationId description credentials { type username } }'

function fieldSelection(field: Field): string[] {
  if (field.json === 'absent' || field.secret) return []
  if (isReference(field)) return [`${field.name} { sourcedId }`]
  return [field.type === 'userIdList' ? `${field.name} { type identifier }` : field.name]
}

/** One form for both: no absent members or empty lists, flags as strings, references by their key, members in order of name. */
function asDocument(value: Json): Json {
  if (typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.map(asDocument)
  if (typeof value !== 'object') return value
  const kept = Object.entries(value as object).filter(
    ([name, member]) => name !== 'href' && member !== null && !(Array.isArray(member) && !member.length),
  )
  const isReferred = 'href' in value
  const members = kept
    .filter(([name]) => !(isReferred && name === 'type'))
    .map(([name, member]) => [name, asDocument(member)])
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)))
}
