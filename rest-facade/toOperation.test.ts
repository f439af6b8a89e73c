import { parse } from 'graphql'
import { endpoints } from '../oneroster/endpoints'
import { toOperation } from './toOperation'

const operationOf = (path: string) => toOperation(endpoints.find((endpoint) => endpoint.path === path)!)

test('path segments nest as fields of the graph do', () => {
  expect(operationOf('/schools/{schoolSourcedId}/classes/{classSourcedId}/students')).toEqual({
    operationName: 'getStudentsForClassInSchool',
    idNames: ['schoolSourcedId', 'classSourcedId'],
    answerPath: ['school', 'class', 'students'],
    query:
      'query getStudentsForClassInSchool($schoolSourcedId: ID!, $classSourcedId: ID!, $filter: UserFilter, $sort: UserSort, $limit: Int, $offset: Int, $after: String)' +
      ' { school(sourcedId: $schoolSourcedId) { class(sourcedId: $classSourcedId)' +
      ' { students(filter: $filter, sort: $sort, limit: $limit, offset: $offset, after: $after) { rendered total next } } } }',
    selectingQuery: expect.stringContaining('{ rendered(fields: $fields) total next }'),
  })
})

test('one object is asked for by its key', () => {
  expect(operationOf('/demographics/{sourcedId}').query).toBe(
    'query getDemographics($sourcedId: ID!) { demographicsOf(sourcedId: $sourcedId) { rendered } }',
  )
})

test.each(endpoints.map((endpoint) => [endpoint.operationId, endpoint] as const))(
  '%s is GraphQL',
  (_name, endpoint) => {
    const { query, selectingQuery } = toOperation(endpoint)
    expect(() => [parse(query), parse(selectingQuery)]).not.toThrow()
  },
)
