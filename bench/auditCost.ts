import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '../platform/database'
import { openReadTrail } from '../platform/readTrail'
import { against, type Figure } from './figures'
import type { Hub } from './servers'

const perSecond = 1_000
const seconds = 3
/** Reads come in between the flushes of the trail, which are 20 ms apart. */
const together = 10

/**
 * What the audit event of a page costs: the processor time of noting it and its share of the statements that write it (their whole time, as
 * if it were all work of PostgreSQL), at a thousand pages a second. The page of 100 that was measured before had its event, so that the floor is the page less that.
 */
export async function measureAudit(hub: Pick<Hub, 'config' | 'tenantId'>, page: Figure): Promise<Figure> {
  const database = await openDatabase(hub.config.databaseAppUrl, { poolSize: 2, entities: [] })
  let writing = 0
  const trail = openReadTrail({
    query: async (...statement) => {
      const started = performance.now()
      try {
        return await database.query(...statement)
      } finally {
        writing += performance.now() - started
      }
    },
  })
  const identity = {
    tenantId: hub.tenantId,
    tenant: '',
    clientId: 'bench',
    scopes: [],
    address: '127.0.0.1',
    requestId: 'bench',
  }
  const note = () => void trail.record(identity, { operation: 'readUsers', objectKind: 'user', objectCount: 100 })
  try {
    await paced(note, 1)
    writing = 0
    const idle = await paced(() => undefined, seconds)
    const busy = await paced(note, seconds)
    const each = (busy - idle + writing) / (perSecond * seconds)
    return against(page.measured - each, {
      id: 'audit.page100',
      what: 'page of 100 users with its audit event',
      students: page.students,
      unit: 'ms',
      measured: page.measured,
      detail: { perEvent: each, writing: writing / (perSecond * seconds) },
    })
  } finally {
    await trail.close()
    await database.close()
  }
}

/** Milliseconds of processor time that the calls take, a thousand a second. */
async function paced(call: () => void, forSeconds: number): Promise<number> {
  const before = process.cpuUsage()
  const started = performance.now()
  for (let done = 0; done < perSecond * forSeconds; done += together) {
    for (let number = 0; number < together; number++) call()
    const ahead = (1000 * (done + together)) / perSecond - (performance.now() - started)
    if (ahead > 0) await sleep(ahead)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
