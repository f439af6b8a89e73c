import { GraphQLError, type GraphQLFormattedError } from 'graphql'

/** Apollo Server takes the status of an answer without data from here. */
export function withStatus(error: GraphQLError, status: number): GraphQLError {
  const { message, nodes, source, positions, path, originalError, extensions } = error
  const options = { nodes, source, positions, path, originalError, extensions: { ...extensions, http: { status } } }
  return new GraphQLError(message, options)
}

/** Apollo Server masks whatever is not an instance, and a subgraph's answer holds plain objects. */
export function asGraphQLError(error: GraphQLFormattedError | Error): GraphQLError {
  if (error instanceof GraphQLError) return error
  if (error instanceof Error) return new GraphQLError(error.message, { originalError: error })
  const { message, path, extensions } = error
  return new GraphQLError(message, { path: path ?? null, extensions: extensions ?? null })
}
