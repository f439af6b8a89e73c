import type DataLoader from 'dataloader'
import type { Config } from '../../platform/config'
import type { Database } from '../../platform/database'
import type { Identity } from '../../platform/identity'
import type { Bell } from './bell'
import type { ImportIssuePage } from './importIssues'
import type { Storage } from './storage'

/** What a resolver of the imports subgraph works with. */
export interface ImportsContext {
  readonly identity: Identity
  readonly config: Config
  readonly database: Database
  readonly storage: Storage
  readonly bell: Bell
  /** Of this request, by what of the issues is asked for. */
  readonly issueLoaders: Map<string, DataLoader<string, ImportIssuePage>>
  /** Those that are arriving, so that a process that ends has first put away what did not arrive. */
  readonly uploads: Set<Promise<unknown>>
}
