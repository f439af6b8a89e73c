import { endpoints } from '../../oneroster/endpoints'
import { district, oddClassId } from './district'
import { base, recordsOf, request } from './rest'
import { schemaErrors } from './schemas'
import { startHub, topologies, type Hub } from '../support/hub'

/** Ids of records that exist, by the path noun in front of them. */
const ids: Record<string, string> = {
  academicSessions: 'semester',
  classes: oddClassId,
  courses: 'course-0',
  demographics: 'user-0030',
  enrollments: 'enrollment-0-0',
  gradingPeriods: 'period-0',
  orgs: 'department',
  schools: 'school-0',
  students: 'user-0030',
  teachers: 'user-0000',
  terms: 'term-0',
  users: 'user-0260',
}
const realPath = (path: string) =>
  path.replaceAll(/(\w+)\/\{\w+\}/g, (_match, noun: string) => `${noun}/${encodeURIComponent(ids[noun]!)}`)
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
      const answer = await request(hub, base + realPath(path) + query)
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
      const alias = await request(hub, `/ims/oneroster/v1p2${realPath(path)}${query}`)
      expect(alias.text).toBe(answer.text)
    },
  )
})
