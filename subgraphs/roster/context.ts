import type DataLoader from 'dataloader'
import type { Database } from '../../platform/database'
import type { Identity } from '../../platform/identity'
import type { ReadTrail } from '../../platform/readTrail'

/** What a resolver of a roster subgraph works with: made anew for each request, so that nothing crosses callers. */
export interface RosterContext {
  readonly identity: Identity
  /** As this caller may see it: restricted to its schools, if it has any. */
  readonly database: Database
  /** Where reads of personal data are noted (readEvents.ts). */
  readonly trail: ReadTrail
  /** Loaders by what they load; each collects the keys of one tick into one statement. */
  readonly loaders: Map<string, DataLoader<string, unknown>>
}

export function rosterContext(identity: Identity, database: Database, trail: ReadTrail): RosterContext {
  const { schools } = identity
  return { identity, database: schools ? database.restrictedTo(schools) : database, trail, loaders: new Map() }
}

/** Stored documents hold all of a record; who may see some schools only gets theirs rendered from what they see. */
export function rendersAnew({ identity }: RosterContext): boolean {
  return identity.schools !== undefined
}
