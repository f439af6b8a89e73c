import { ApolloServer } from '@apollo/server'
import { buildSchema } from 'graphql'
import { errorsOfApollo } from './apolloErrors'
import type { Identity } from './identity'
import { log } from './log'
import { operationRunner } from './runOperation'

const schema = buildSchema('type Query { works: String fails: String }')
schema.getQueryType()!.getFields()['fails']!.resolve = () => {
  throw new Error('what nobody expected')
}
const context = { identity: { requestId: 'the-request' } as Identity }
const query = '{ works fails }'

describe('what nobody expected', () => {
  let lines: object[]
  beforeEach(() => {
    lines = []
    jest.spyOn(log, 'error').mockImplementation((_message: unknown, fields?: unknown) => {
      lines.push(fields as object)
      return log
    })
  })
  afterEach(() => jest.restoreAllMocks())

  function expectLogged(errors: readonly { extensions?: Record<string, unknown>; message: string }[] | undefined) {
    const { logId } = errors![0]!.extensions!
    expect(errors![0]!.message).toBe(`Internal server error, log id ${String(logId)}`)
    expect(lines).toEqual([expect.objectContaining({ logId, requestId: 'the-request' })])
  }

  it('is logged with the id of its request when our own processes ask', async () => {
    const run = operationRunner(schema)
    expectLogged((await run({ query }, context)).errors)
  })

  it('is logged with the id of its request by Apollo Server', async () => {
    const { plugin, formatError } = errorsOfApollo<typeof context>(({ identity }) => identity.requestId)
    const server = new ApolloServer<typeof context>({ schema, formatError, plugins: [plugin] })
    const { body } = await server.executeOperation({ query }, { contextValue: context })
    await server.stop()
    if (body.kind !== 'single') throw new Error('one answer was expected')
    expectLogged(body.singleResult.errors)
  })
})
