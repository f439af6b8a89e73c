import type { PoolClient } from 'pg'
import { nestedRecords, type Input } from '../../oneroster/inputFindings'
import type { Entity } from '../../oneroster/model'

/** More than these are no extensions of a profile; then nobody knows, and exports look. */
const mostKeys = 1000

/**
 * Adds keys that metadata of the entity's records may have from now on, so that an export need not look through all records for them. Whoever
 * writes metadata says so, in the transaction that took the stamp (nextStamp.ts).
 */
export function noteMetadataKeys(
  client: PoolClient,
  tenantId: number,
  entity: Entity,
  keys: readonly string[],
): Promise<void> {
  return note(
    client,
    tenantId,
    keys.map((key) => noted(entity, key)),
  )
}

/** Those of a record, and of the roles and profiles that are given with it. */
export function noteMetadata(client: PoolClient, tenantId: number, entity: Entity, record: Input): Promise<void> {
  const all: [Entity, Input][] = [[entity, record], ...nestedRecords(entity, record)]
  return note(
    client,
    tenantId,
    all.flatMap(([kind, { metadata }]) => Object.keys(metadata ?? {}).map((key) => noted(kind, key))),
  )
}

const noted = (entity: Entity, key: string) => `${entity.name}.${key}`

async function note(client: PoolClient, tenantId: number, keys: readonly string[]): Promise<void> {
  if (!keys.length) return
  await client.query(
    `update roster_state set metadata_keys = (
       select case when count(*) <= ${mostKeys} then array_agg(key) end
       from (select unnest(metadata_keys) union select unnest($2::text[])) as both_of_them (key))
     where tenant_id = $1 and not metadata_keys @> $2`,
    [tenantId, keys],
  )
}
