import { buildSchema, type GraphQLScalarType, type GraphQLSchema } from 'graphql'
import { GraphQLUpload, Upload } from 'graphql-upload-minimal'
import type { Identity } from '../platform/identity'
import { localSubgraph } from './subgraphRequest'

it('takes a file by the same operation again and again', async () => {
  const schema = buildSchema('scalar Upload type Query { q: Int } type Mutation { take(file: Upload!): String }')
  Object.assign(schema.getType('Upload') as GraphQLScalarType, { parseValue: GraphQLUpload.parseValue })
  const link = localSubgraph({
    name: 'imports',
    schema: withResolver(schema),
    contextFor: (identity) => ({ identity }),
    ready: async () => undefined,
    close: async () => undefined,
  })
  const query = 'mutation ($file: Upload!) { take(file: $file) }'
  for (let time = 1; time <= 4; time++) {
    const answer = await link.send({ query, variables: { file: fileNamed(`${time}.zip`) } }, {} as Identity)
    expect(answer).toEqual({ data: { take: `${time}.zip` } })
  }
})

function fileNamed(filename: string): Upload {
  const upload = new Upload()
  ;(upload as unknown as { resolve(file: object): void }).resolve({ filename })
  return upload
}

function withResolver(schema: GraphQLSchema): GraphQLSchema {
  const take = schema.getMutationType()!.getFields()['take']!
  take.resolve = async (_root, { file }: { file: Promise<{ filename: string }> }) => (await file).filename
  return schema
}
