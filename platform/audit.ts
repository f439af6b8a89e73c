import type { PoolClient } from 'pg'
import type { Identity } from './identity'

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
