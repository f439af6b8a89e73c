import { scopes } from '../../../oneroster/scopes'
import { coded } from '../../../platform/errors'
import { requireScope } from '../../../platform/identity'
import type { ImportsContext } from '../context'
import { readPage, type PageArguments } from '../page'
import { erasePerson } from './erasePerson'
import { liftErasure, listErasures, type Erasure } from './erasures'
import { personReport } from './personReport'

interface PersonArguments {
  userSourcedId: string
}

/** The part of the graph for the rights of the persons in the roster; resolvers.ts joins it with that of imports. */
export const privacyQueries = {
  personReport: (_root: unknown, { userSourcedId }: PersonArguments, context: ImportsContext) => {
    admit(context, userSourcedId)
    return personReport(context, userSourcedId)
  },
  erasures: (_root: unknown, args: PageArguments, context: ImportsContext) => {
    admit(context)
    return listErasures(context, readPage(args))
  },
}

export const privacyMutations = {
  erasePerson: (_root: unknown, args: PersonArguments & { reason: string }, context: ImportsContext) => {
    admit(context, args.userSourcedId)
    return erasePerson(context, args.userSourcedId, args.reason)
  },
  liftErasure: (_root: unknown, { userSourcedId }: PersonArguments, context: ImportsContext) => {
    admit(context, userSourcedId)
    return liftErasure(context, userSourcedId)
  },
}

export const privacyTypes = {
  Erasure: { erasedAt: (erasure: Erasure) => erasure.erasedAt.toISOString() },
}

function admit({ identity }: ImportsContext, userSourcedId = 'x'): void {
  requireScope(identity, scopes.privacy)
  // What PostgreSQL cannot store nobody is called.
  if (!userSourcedId || userSourcedId.includes('\0') || userSourcedId.length > 255) {
    throw coded('UNKNOWN_OBJECT', 'Unknown Object: there is no user with this sourcedId')
  }
}
