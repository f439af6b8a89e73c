import type { PoolClient } from 'pg'
import type { Database } from './database'
import type { Identity } from './identity'
import { auditWrites } from './metrics'

/** An act to be remembered. Ids name records; a personal value never stands here. */
export interface AuditedAct {
  readonly operation: string
  readonly objectKind: string
  readonly objectIds: readonly string[]
  readonly objectCount?: number
}

/** Writes the act into the caller's trail, in the transaction of the act itself: there is no act without its trail. */
export async function recordAudit(client: PoolClient, identity: Identity, act: AuditedAct): Promise<void> {
  await client.query(
    `insert into audit_events (tenant_id, client_id, operation, object_kind, object_ids, object_count, address, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      identity.tenantId,
      identity.clientId,
      act.operation,
      act.objectKind,
      act.objectIds,
      act.objectCount ?? act.objectIds.length,
      identity.address,
      identity.requestId,
    ],
  )
}

/** One event as it goes into the trail of a tenant; tenant 0 is nobody's: what happened before anyone was known. */
export interface AuditEvent {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly clientId: string
  readonly operation: string
  readonly objectKind: string
  readonly objectIds: readonly string[]
  readonly objectCount: number
  readonly parentIds: readonly string[]
  /** Filtered fields with their predicates (`familyName.contains`), never the values. */
  readonly filters: readonly string[]
  readonly address: string
  readonly requestId: string
}

/** Writes events of one tenant in one statement: all of them, or none when it throws. */
export async function writeAuditEvents(
  database: Pick<Database, 'query'>,
  tenantId: number,
  events: readonly AuditEvent[],
): Promise<void> {
  auditWrites.inc()
  await database.query(tenantId, insertEvents, [tenantId, JSON.stringify(events)], 'audit_events')
}

const insertEvents = `
  insert into audit_events
    (tenant_id, at, client_id, operation, object_kind, object_ids, object_count, parent_ids, filters, address, request_id)
  select $1, to_timestamp(e.at / 1000), e."clientId", e.operation, e."objectKind", e."objectIds", e."objectCount", e."parentIds", e.filters, e.address, e."requestId"
  from json_to_recordset($2::json) as e(at double precision, "clientId" text, operation text, "objectKind" text, "objectIds" text[],
    "objectCount" integer, "parentIds" text[], filters text[], address text, "requestId" text)`

/** Text that PostgreSQL's JSON takes: no NUL, no half of a surrogate pair. */
export function auditable(id: string): string {
  return id.replace(/[\0\p{Surrogate}]/gu, '\uFFFD')
}
