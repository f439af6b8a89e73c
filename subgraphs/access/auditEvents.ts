import { readInstant } from '../../oneroster/instant'
import { coded } from '../../platform/errors'
import { humanCsvLine } from '../../platform/humanCsv'
import { recordAudit } from '../../platform/audit'
import type { AccessContext } from './context'
import type { AuditEvent } from './entities'

export interface AuditEventFilter {
  readonly clientId?: string | null
  readonly operation?: string | null
  readonly objectKind?: string | null
  readonly since?: string | null
  readonly until?: string | null
}

/** Which events, newest first, from which position on. */
export interface AuditRequest {
  readonly filter: AuditEventFilter
  readonly take: number
  readonly skip: number
  readonly after?: string | null
  /** The page ends before it is full when its events name this many ids; without it such a page is refused. */
  readonly mostIds?: number
}

export interface AuditEventPage {
  readonly items: readonly AuditEvent[]
  /** Position behind the last event; null when there are no more. */
  readonly next: string | null
  readonly filter: AuditEventFilter
}

/**
 * The trail of the caller's tenant, newest first. Throws INVALID_DATA for a moment that is none, INVALID_PAGE for a position that is none and for a page
 * whose events name a million records.
 */
export async function findAuditEvents(context: AccessContext, request: AuditRequest): Promise<AuditEventPage> {
  const { database, identity } = context
  const { text, values } = whereOf(identity.tenantId, request.filter)
  const add = (value: unknown) => `$${values.push(value)}`
  const [at, id] = request.after ? readPosition(request.after) : []
  const behind = at ? ` and (at, event_id) < (${add(at)}::timestamptz, ${add(id)}::bigint)` : ''
  // One more than asked for tells whether there is a next page.
  const page = `select ${columns} from audit_events where ${text}${behind}
     order by at desc, event_id desc limit ${add(request.take + 1)} offset ${add(at ? 0 : request.skip)}`
  const rows = await database.query<AuditEvent & { found: number }>(
    identity.tenantId,
    narrowed(page, add(request.mostIds ?? mostIdsPerPage)),
    values,
  )
  const items = rows.slice(0, request.take)
  const found = rows[0]?.found ?? 0
  if (found > rows.length && !request.mostIds)
    throw coded('INVALID_PAGE', 'These events name too many records for one page; ask for fewer with limit')
  const last = found > items.length ? items.at(-1) : undefined
  return { items, next: last ? positionOf(last) : null, filter: request.filter }
}

/** The first event of a page, and those after it as long as all before them name fewer ids than this; `found` is how many the page has without that. */
function narrowed(page: string, mostIds: string): string {
  return `select p.* from (
      select e.*, count(*) over ()::integer as found, sum(cardinality("objectIds") + cardinality("parentIds")) over
        (order by at desc, id desc rows between unbounded preceding and 1 preceding) as "idsBefore"
      from (${page}) e
    ) p where coalesce("idsBefore", 0) < ${mostIds} order by at desc, id desc`
}

/** How many events the filter finds; asked for only by who wants it, since it reads them all. */
export async function countAuditEvents({ database, identity }: AccessContext, filter: AuditEventFilter) {
  const { text, values } = whereOf(identity.tenantId, filter)
  const counting = `select count(*)::integer as total from audit_events where ${text}`
  return (await database.query<{ total: number }>(identity.tenantId, counting, values))[0]!.total
}

/** Throws INVALID_DATA for a moment that is none. */
export function checkFilter(filter: AuditEventFilter): void {
  whereOf(0, filter)
}

/**
 * A page of the trail as CSV for people, shorter than asked for where events name many records; that it was taken is an event itself. The first page
 * begins with the names of the columns.
 */
export async function auditEventsCsv(
  context: AccessContext,
  request: AuditRequest,
): Promise<{ csv: string; rows: number; next: string | null }> {
  const { items, next } = await findAuditEvents(context, { ...request, mostIds: mostIdsPerText })
  const { database, identity } = context
  await database.transaction(identity.tenantId, (client) =>
    recordAudit(client, identity, {
      operation: 'exportAuditEvents',
      objectKind: 'AuditEvent',
      objectIds: [],
      objectCount: items.length,
    }),
  )
  const lines = items.map((event) =>
    humanCsvLine([
      event.id,
      event.at.toISOString(),
      event.clientId,
      event.operation,
      event.objectKind,
      event.objectCount,
      event.objectIds.join(' '),
      event.parentIds.join(' '),
      event.filters.join(' '),
      event.address,
      event.requestId,
    ]),
  )
  return { csv: (request.after ? '' : humanCsvLine(csvColumns)) + lines.join(''), rows: items.length, next }
}

/** An event of a large page names every record of it; thousands of such events are more than a process can hold. */
const [mostIdsPerText, mostIdsPerPage] = [100_000, 1_000_000]

const csvColumns = ['id', 'at', 'clientId', 'operation', 'objectKind', 'objectCount'].concat([
  'objectIds',
  'parentIds',
  'filters',
  'address',
  'requestId',
])

const columns = `tenant_id as "tenantId", event_id as id, at, client_id as "clientId", operation, object_kind as "objectKind",
  object_ids as "objectIds", object_count as "objectCount", parent_ids as "parentIds", filters, address, request_id as "requestId"`

/** Times bound the months that are looked at, so they come as values of their own. */
function whereOf(tenantId: number, filter: AuditEventFilter): { text: string; values: unknown[] } {
  const values: unknown[] = [tenantId]
  const conditions = ['tenant_id = $1']
  const add = (column: string, comparison: string, value: unknown) =>
    void conditions.push(`${column} ${comparison} $${values.push(value)}`)
  if (filter.clientId != null) add('client_id', '=', storable(filter.clientId))
  if (filter.operation != null) add('operation', '=', storable(filter.operation))
  if (filter.objectKind != null) add('object_kind', '=', storable(filter.objectKind))
  if (filter.since != null) add('at', '>=', moment('since', filter.since))
  if (filter.until != null) add('at', '<', moment('until', filter.until))
  return { text: conditions.join(' and '), values }
}

function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD')
}

function moment(field: string, text: string): Date {
  const instant = readInstant(text)
  if (!instant) throw coded('INVALID_DATA', `${field} must be an ISO 8601 timestamp`, { field })
  return instant
}

function positionOf({ at, id }: AuditEvent): string {
  return Buffer.from(`${at.toISOString()} ${id}`).toString('base64url')
}

function readPosition(after: string): [at: string, id: string] {
  const [, at, id] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (\d{1,18})$/.exec(Buffer.from(after, 'base64url').toString()) ?? []
  if (at === undefined || id === undefined)
    throw coded('INVALID_PAGE', 'after must be a position that this hub gave out')
  return [at, id]
}
