import { auditWaiting } from '../../platform/metrics'
import { askDatabase } from '../support/database'
import { until } from '../support/until'

/** A row of the audit trail as the owner of the database sees it. */
export interface Event {
  readonly tenant_id: number
  readonly client_id: string
  readonly operation: string
  readonly object_kind: string
  readonly object_ids: string[]
  readonly object_count: number
  readonly parent_ids: string[]
  readonly filters: string[]
  readonly address: string
  readonly request_id: string
}

/** Waits until what was read in this process is written, then answers the whole trail in its order. */
export async function trail(ownerUrl: string): Promise<Event[]> {
  await settled()
  return askDatabase(ownerUrl, 'select * from audit_events order by event_id')
}

export async function settled(): Promise<void> {
  await until('what was read is written', async () => !(await auditWaiting.get()).values[0]!.value, 5)
}
