import { recordAudit } from '../../../platform/audit'
import { coded } from '../../../platform/errors'
import { takeStamp } from '../../roster/writeRow'
import type { ImportsContext } from '../context'

/** Somebody who was erased, as far as that may be told. */
export interface Erasure {
  /** The keyed hash of the sourcedId. */
  readonly id: string
  readonly reason: string
  readonly erasedBy: string
  readonly erasedAt: Date
  readonly filesPending: boolean
}

export const erasureColumns = `person_hash as id, reason, erased_by as "erasedBy", erased_at as "erasedAt", files_pending as "filesPending"`

/** The erasures of the caller's tenant, newest first. */
export async function listErasures(
  { database, identity: { tenantId } }: ImportsContext,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ items: Erasure[]; total: number }> {
  const items = await database.query<Erasure>(
    tenantId,
    `select ${erasureColumns} from erased_people where tenant_id = $1 order by erased_at desc, person_hash limit $2 offset $3`,
    [tenantId, limit, offset],
  )
  const count = 'select count(*)::integer as total from erased_people where tenant_id = $1'
  const [{ total }] = (await database.query<{ total: number }>(tenantId, count, [tenantId])) as [{ total: number }]
  return { items, total }
}

/**
 * Lets a person who was erased come back by the next import or write; nothing of what was erased comes back by itself. Takes a stamp, so that
 * a file that was read before is read again. Throws UNKNOWN_OBJECT when nobody of this sourcedId was erased.
 */
export async function liftErasure({ database, identity }: ImportsContext, userSourcedId: string): Promise<boolean> {
  const { tenantId } = identity
  return database.transaction(tenantId, async (client) => {
    await takeStamp(client, tenantId)
    const { rows } = await client.query<{ id: string }>(
      `delete from erased_people where tenant_id = $1
         and person_hash = (select person_hash(key, $2) from erasure_keys where tenant_id = $1) returning person_hash as id`,
      [tenantId, userSourcedId],
    )
    if (!rows[0]) throw coded('UNKNOWN_OBJECT', 'Unknown Object: nobody with this sourcedId was erased')
    const act = { operation: 'liftErasure', objectKind: 'user', objectIds: [`erased:${rows[0].id}`] }
    await recordAudit(client, identity, act)
    return true
  })
}
