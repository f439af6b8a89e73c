import { Readable } from 'node:stream'
import { scopes } from '../../oneroster/scopes'
import type { Download } from '../../platform/download'
import type { AuditClaims } from '../../platform/downloadLink'
import { downloadUrl } from '../../platform/downloadUrl'
import { coded } from '../../platform/errors'
import { auditEventsCsv, checkFilter, type AuditEventFilter } from './auditEvents'
import type { AccessContext } from './context'
import { clientStanding } from './knownClients'

/** Events of one statement; some megabytes of text at most are in memory at a time. */
const pageRows = 2_000
/** The filter travels in the link. */
const longestFilter = 1_000

/** The link under which all events of the filter come as one CSV file. Throws INVALID_DATA for a filter that finds nothing, or is too long. */
export function auditEventsUrl({ config, identity }: AccessContext, filter: AuditEventFilter): string {
  checkFilter(filter)
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value != null))
  if (JSON.stringify(given).length > longestFilter) {
    throw coded('INVALID_DATA', `filter must be at most ${longestFilter} characters`, { field: 'filter' })
  }
  const { tenantId, clientId } = identity
  return downloadUrl(config, { kind: 'auditEvents', tenantId, clientId, filter: given })
}

/**
 * The trail behind a link, page by page at the caller's pace; each page leaves its event before it goes out, as those of auditEventsCsv do. Newest
 * first, so what happens meanwhile is not in it. Throws UNKNOWN_OBJECT when the client of the link has ended since, or lost the scope.
 */
export async function openAuditDownload(context: AccessContext, claims: AuditClaims): Promise<Download> {
  const client = await clientStanding(context, claims.clientId)
  if (client?.tenantId !== claims.tenantId || !client.scopes.includes(scopes.audit)) {
    throw coded('UNKNOWN_OBJECT', 'The file is not there any more')
  }
  const page = (after: string | null) =>
    auditEventsCsv(context, { filter: claims.filter, take: pageRows, skip: 0, after })
  // What is wrong from the beginning is told by the status.
  const first = await page(null)
  async function* text(): AsyncGenerator<Buffer> {
    for (let { csv, next } = first; ; { csv, next } = await page(next)) {
      yield Buffer.from(csv)
      if (next === null) return
    }
  }
  return {
    fileName: `audit-${new Date().toISOString().slice(0, 10)}.csv`,
    contentType: 'text/csv; charset=utf-8',
    content: Readable.from(text(), { objectMode: false }),
  }
}
