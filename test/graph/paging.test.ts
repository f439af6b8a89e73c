import { district } from '../rest/district'
import { dataOf } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
beforeAll(async () => {
  hub = await startHub('one machine', { roster: district })
})
afterAll(() => hub?.close())

const ask = (query: string, variables = {}) => dataOf(hub, query, variables, { authorization: `Bearer ${hub.token()}` })

/** Sizes of the pages and their ids, by positions from `next` until there is none. */
async function pages(selection: string, limit: number, filter?: object): Promise<{ sizes: number[]; ids: string[] }> {
  const query = `query ($limit: Int, $after: String, $filter: CourseFilter) {
    courses(limit: $limit, after: $after, filter: $filter) { ${selection} }
  }`
  const sizes: number[] = []
  const ids: string[] = []
  for (let after: string | null = null; sizes.length < 20;) {
    const { courses } = await ask(query, { limit, after, filter })
    sizes.push(courses.items.length)
    ids.push(...courses.items.map(({ sourcedId }: { sourcedId: string }) => sourcedId))
    if (courses.next === null) break
    after = courses.next
  }
  return { sizes, ids }
}

describe('paging by position', () => {
  const all = (district.course ?? []).map(({ sourcedId }) => sourcedId).sort()

  it.each(['total items { sourcedId } next', 'items { sourcedId } next total', 'items { sourcedId } next'])(
    'ends with the last page, also when that one is full: %s',
    async (selection) => {
      expect(await pages(selection, 2)).toEqual({ sizes: [2, 2, 2], ids: all })
      expect(await pages(selection, 4)).toEqual({ sizes: [4, 2], ids: all })
      expect(await pages(selection, 6)).toEqual({ sizes: [6], ids: all })
    },
  )

  it('reads what a filter finds, each record once', async () => {
    const filter = { sourcedId: { ne: 'course-0' } }
    const { ids } = await pages('total items { sourcedId } next', 2, filter)
    expect(ids).toEqual(all.filter((sourcedId) => sourcedId !== 'course-0'))
  })
})
