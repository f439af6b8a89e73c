import { entities } from '../../oneroster/model'
import { readConfig } from '../../platform/config'
import type { Database } from '../../platform/database'
import { runMain } from '../../platform/shutdown'
import { subgraphSchema, type Subgraph } from '../../platform/subgraph'
import { rosterSubgraph, serveAlone } from '../roster/serve'
import { resolvers } from './resolvers'

/** Org, AcademicSession, Course and Class. */
export function createOrgsSubgraph(database: Database): Subgraph {
  return rosterSubgraph('orgs', subgraphSchema('orgs', resolvers), database)
}

export const orgsEntities = [entities.org, entities.academicSession, entities.course, entities.class]

if (require.main === module) runMain(() => serveAlone(readConfig(), orgsEntities, createOrgsSubgraph))
