import { entities } from '../../oneroster/model'
import { readConfig } from '../../platform/config'
import type { Database } from '../../platform/database'
import { runMain } from '../../platform/shutdown'
import { subgraphSchema, type Subgraph } from '../../platform/subgraph'
import { rosterSubgraph, serveAlone } from '../roster/serve'
import { resolvers } from './resolvers'

/** Enrollment: who belongs to which class as what. */
export function createEnrollmentsSubgraph(database: Database): Subgraph {
  return rosterSubgraph('enrollments', subgraphSchema('enrollments', resolvers), database)
}

export const enrollmentsEntities = [entities.enrollment]

if (require.main === module) runMain(() => serveAlone(readConfig(), enrollmentsEntities, createEnrollmentsSubgraph))
