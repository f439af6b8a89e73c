import type { ApolloServerPlugin, BaseContext } from '@apollo/server'
import type { GraphQLFormattedError } from 'graphql'
import { presentError } from './errors'

/** How an Apollo Server tells errors. It asks to format each without saying of which request it is, so a plugin notes that just before. */
export function errorsOfApollo<Context extends BaseContext>(requestIdOf: (context: Context) => string) {
  const requestIds = new WeakMap<object, string>()
  const plugin: ApolloServerPlugin<Context> = {
    requestDidStart: async ({ contextValue }) => ({
      didEncounterErrors: async ({ errors }) => {
        for (const error of errors) requestIds.set(error, requestIdOf(contextValue))
      },
    }),
  }
  const formatError = (formatted: GraphQLFormattedError, error: unknown) =>
    presentError(formatted, error, requestIds.get(error as object))
  return { plugin, formatError }
}
