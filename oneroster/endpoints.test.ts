import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../platform/projectRoot'
import { endpoints } from './endpoints'

interface Operation {
  operationId: string
  parameters?: { name: string; in: string }[]
  security: { OAuth2CC: string[] }[]
  responses: Record<string, { content: { 'application/json': { schema: { $ref: string } } } }>
}

const file = join(projectRoot, 'test/fixtures/openapi/onerosterv1p2rostersservice_openapi3_v1p0.json')
const official = JSON.parse(readFileSync(file, 'utf8'))
const operations = Object.entries<{ get: Operation }>(official.paths).map(([path, item]) => [path, item.get] as const)

test('the table has the 41 operations of the official document and no other', () => {
  expect(endpoints).toHaveLength(41)
  expect(endpoints.map(({ path }) => path)).toEqual(operations.map(([path]) => path))
})

test.each(operations)('%s is described as the official document describes it', (path, operation) => {
  const endpoint = endpoints.find((candidate) => candidate.path === path)!
  const schemaName = operation.responses['200']!.content['application/json'].schema.$ref.split('/').pop()!
  const query = operation.parameters!.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  expect(endpoint).toMatchObject({
    operationId: operation.operationId,
    answers: query.includes('limit') ? 'list' : 'one',
    rootKey: Object.keys(official.components.schemas[schemaName].properties)[0],
  })
  expect([...endpoint.scopes].sort()).toEqual([...operation.security[0]!.OAuth2CC].sort())
})
