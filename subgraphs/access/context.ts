import type { Redis } from 'ioredis'
import type { Config } from '../../platform/config'
import type { Database } from '../../platform/database'
import type { Identity } from '../../platform/identity'

/** What a resolver of the access subgraph works with. */
export interface AccessContext {
  readonly identity: Identity
  readonly config: Config
  readonly database: Database
  readonly redis: Redis
}
