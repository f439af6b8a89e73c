import { entities } from '../../oneroster/model'
import { readConfig } from '../../platform/config'
import type { Database } from '../../platform/database'
import { runMain } from '../../platform/shutdown'
import { subgraphSchema, type Subgraph } from '../../platform/subgraph'
import { rosterSubgraph, serveAlone } from '../roster/serve'
import { resolvers } from './resolvers'

/** User with its roles and profiles, and Demographics. */
export function createUsersSubgraph(database: Database): Subgraph {
  return rosterSubgraph('users', subgraphSchema('users', resolvers), database)
}

export const usersEntities = [entities.user, entities.role, entities.userProfile, entities.demographics]

if (require.main === module) runMain(() => serveAlone(readConfig(), usersEntities, createUsersSubgraph))
