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

test('a list below an object of another subgraph is one root field, and nests where something else is asked beside it', () => {
  const endpoint = endpoints.find(({ path }) => path === '/classes/{classSourcedId}/students')!
  expect(toOperation(endpoint)).toMatchObject({
    idNames: ['classSourcedId'],
    answerPath: ['studentsOfClass'],
    query: expect.stringContaining('{ studentsOfClass(sourcedId: $classSourcedId, filter: $filter,'),
  })
  expect(toOperation(endpoint, { beside: ' self { clientId }' }).answerPath).toEqual(['class', 'students'])
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
