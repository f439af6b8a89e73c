import { auditable, writeAuditEvents, type AuditEvent } from './audit'
import type { Database } from './database'
import { coded, describe } from './errors'
import type { Identity } from './identity'
import { log } from './log'
import { addAuditWaiting, auditFailures } from './metrics'

/** What one answer with personal data was. Ids name records; a personal value never stands here. */
export interface AuditedRead {
  readonly operation: string
  readonly objectKind: string
  readonly objectCount: number
  readonly objectIds?: readonly string[]
  readonly parentIds?: readonly string[]
  readonly filters?: readonly string[]
}

/**
 * The trail of reads. Events wait in memory for 20 ms at most and are written together, since a write for each read would cost more than the
 * read. A process that is killed loses those 20 ms and what is being written at that moment; nothing else is lost: while the trail cannot be
 * written, reads wait, and are refused in the end. A write that failed in an unknown way is done again, so an event may be there twice.
 */
export interface ReadTrail {
  /**
   * Notes a read before its answer goes out. Answers a promise only when there is something to wait for: a trail that is full or cannot be
   * written. That rejects with UNAVAILABLE after two seconds; the read must not be answered then.
   */
  record(identity: Identity, read: AuditedRead): Promise<void> | undefined
  /** Writes what is waiting; what cannot be written goes to the log. */
  close(): Promise<void>
}

const flushMilliseconds = 20
const retryMilliseconds = 200
const longestWaitMilliseconds = 2_000
/** Events and the ids they name: about a megabyte. */
const mostWaiting = 10_000
const flushFrom = 1_000
const none: readonly string[] = []

export function openReadTrail(database: Pick<Database, 'query'>): ReadTrail {
  const waiting = new Map<number, AuditEvent[]>()
  let weight = 0
  let isFailing = false
  let isClosing = false
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  function push(tenantId: number, event: AuditEvent): void {
    const events = waiting.get(tenantId)
    if (events) events.push(event)
    else waiting.set(tenantId, [event])
    weigh(weightOf(event))
    if (weight >= flushFrom) void flush()
    else flushIn(flushMilliseconds)
  }

  function flushIn(milliseconds: number): void {
    if (!isClosing) timer ??= setTimeout(() => void flush(), milliseconds)
  }

  function weigh(more: number): void {
    weight += more
    addAuditWaiting(more)
  }

  /** One at a time; resolves when what is waiting now is written, or writing failed. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    return (flushing ??= writeAll().finally(() => {
      flushing = undefined
      // What came meanwhile is collected for a while too: many small writes would cost more than the reads.
      if (waiting.size) flushIn(isFailing ? retryMilliseconds : flushMilliseconds)
    }))
  }

  async function writeAll(): Promise<void> {
    for (const [tenantId, events] of [...waiting]) {
      waiting.delete(tenantId)
      try {
        await writeAuditEvents(database, tenantId, events)
        weigh(-events.reduce((sum, event) => sum + weightOf(event), 0))
        isFailing = false
      } catch (error) {
        waiting.set(tenantId, [...events, ...(waiting.get(tenantId) ?? [])])
        auditFailures.inc()
        if (!isFailing) log.error('the audit trail cannot be written', { error: describe(error) })
        isFailing = true
        return
      }
    }
  }

  async function room(): Promise<void> {
    const until = Date.now() + longestWaitMilliseconds
    while (isFailing || weight >= mostWaiting) {
      if (Date.now() >= until) throw coded('UNAVAILABLE', 'Reads cannot be recorded at the moment, so none is answered')
      await Promise.race([flush(), pause(longestWaitMilliseconds)])
      if (isFailing) await pause(retryMilliseconds)
    }
  }

  return {
    record({ tenantId, clientId, address, requestId }, read) {
      const { operation, objectKind, objectCount, objectIds = none, parentIds = none, filters = none } = read
      const ids = parentIds.length ? parentIds.map(auditable) : none
      const what = { operation, objectKind, objectCount, objectIds, parentIds: ids, filters }
      const event = { at: Date.now(), clientId, address, requestId, ...what }
      if (isFailing || weight >= mostWaiting) return room().then(() => push(tenantId, event))
      push(tenantId, event)
      return undefined
    },
    async close() {
      // Nothing is begun behind its back: what fails then would neither be written nor told.
      isClosing = true
      for (let attempt = 0; attempt < 3 && waiting.size + (flushing ? 1 : 0) > 0; attempt++) {
        await flush()
        if (waiting.size) await pause(retryMilliseconds)
      }
      await flushing
      for (const [tenantId, events] of waiting)
        for (const event of events) log.error('audit event not written', { tenantId, ...event })
      weigh(-weight)
      waiting.clear()
    },
  }
}

function weightOf({ objectIds, parentIds }: AuditEvent): number {
  return 1 + objectIds.length + parentIds.length
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
