import { And, LessThan, MoreThanOrEqual, type FindOptionsWhere } from 'typeorm'
import { coded } from '../../platform/errors'
import type { AccessContext } from './context'
import { AuditEventEntity, type AuditEvent } from './entities'
import type { Page } from './page'

export interface AuditEventFilter {
  readonly clientId?: string | null
  readonly operation?: string | null
  readonly objectKind?: string | null
  readonly since?: string | null
  readonly until?: string | null
}

/** The trail of the caller's tenant, newest first. Throws INVALID_DATA for a moment that is none. */
export async function findAuditEvents(
  { database, identity }: AccessContext,
  filter: AuditEventFilter,
  page: { take: number; skip: number },
): Promise<Page<AuditEvent>> {
  const where: FindOptionsWhere<AuditEvent> = {
    tenantId: identity.tenantId,
    ...(filter.clientId ? { clientId: filter.clientId } : {}),
    ...(filter.operation ? { operation: filter.operation } : {}),
    ...(filter.objectKind ? { objectKind: filter.objectKind } : {}),
    ...between(filter),
  }
  const [items, total] = await database.manager(identity.tenantId, (manager) =>
    manager.findAndCount(AuditEventEntity, { where, order: { at: 'DESC', id: 'ASC' }, ...page }),
  )
  return { items, total }
}

function between({ since, until }: AuditEventFilter): FindOptionsWhere<AuditEvent> {
  const bounds = [
    ...(since ? [MoreThanOrEqual(moment('since', since))] : []),
    ...(until ? [LessThan(moment('until', until))] : []),
  ]
  return bounds.length ? { at: And(...bounds) } : {}
}

function moment(field: string, text: string): Date {
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) throw coded('INVALID_DATA', `${field} must be an ISO 8601 timestamp`, { field })
  return date
}
