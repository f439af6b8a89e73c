import { endpoints } from '../../oneroster/endpoints'
import { district, existingPath } from './district'
import { base, recordsOf, request } from './rest'
import { schemaErrors } from './schemas'
import { startHub, topologies, type Hub } from '../support/hub'

/** A guardian and a semester are in no class. */
const rightlyEmpty = ['/users/{userSourcedId}/classes']

describe.each(topologies)('chapter 1, services; %s', (topology) => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub(topology, { roster: district })
  })
  afterAll(() => hub?.close())

  test.each(endpoints.map((endpoint) => [endpoint.path, endpoint] as const))(
    'GET %s answers what the official schema describes, under both base paths',
    async (path, { answers, rootKey }) => {
      const query = answers === 'list' ? '?limit=1000' : ''
      const answer = await request(hub, base + existingPath(path) + query)
      expect(answer).toMatchObject({ status: 200 })
      expect(schemaErrors(path, 200, answer.json)).toBeUndefined()
      expect(Object.keys(answer.json)).toEqual([rootKey])
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(answer.text).not.toContain('must not be seen')
      if (answers === 'list') {
        const records = recordsOf(answer)
        expect(answer.headers.get('x-total-count')).toBe(String(records.length))
        expect(records.length > 0).toBe(!rightlyEmpty.includes(path))
      }
      const alias = await request(hub, `/ims/oneroster/v1p2${existingPath(path)}${query}`)
      expect(alias.text).toBe(answer.text)
    },
  )
})
