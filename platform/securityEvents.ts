import { boundedMap } from './boundedMap'
import { log } from './log'
import { securityEvents, securityAlerts } from './metrics'

/** What operators want to hear of (docs/security-events.md). Every one is counted; the log has the first of each caller and every repetition. */
const events = [
  ...(['loginFailed', 'scopeRefused', 'addressRefused', 'rateLimited'] as const),
  ...(['tokenRefused', 'statementRefused', 'unusualVolume'] as const),
] as const
export type SecurityEvent = (typeof events)[number]

// Shown from the start: what appears with its first event has not increased for Prometheus, and no alert is sent.
for (const event of events) for (const counter of [securityEvents, securityAlerts]) counter.inc({ event }, 0)

/** From how many events of one caller within an hour on they are called repeated; the process counts for itself. */
export interface SecurityThresholds {
  readonly failedLogins: number
  readonly refusals: number
}

const hourMilliseconds = 3_600_000
/** The same of the same caller is logged once in this time; the metric counts them all. */
const quietMilliseconds = 10_000

interface Count {
  since: number
  count: number
  loggedAt: number
  isRepeated: boolean
}

const counts = boundedMap<string, Count>(20_000)
let thresholds: SecurityThresholds = { failedLogins: 10, refusals: 100 }

/** Sets from when on events count as repeated; the rest of a process's life. */
export function setSecurityThresholds(wanted: SecurityThresholds): void {
  thresholds = wanted
}

/**
 * Counts and logs an event. `who` tells callers apart (a client id, an address) and stays in memory. Fields hold ids, addresses and codes,
 * never a personal value, and never a text that a caller made up.
 */
export function securityEvent(event: SecurityEvent, who: string, fields: Readonly<Record<string, unknown>>): void {
  securityEvents.inc({ event })
  const now = Date.now()
  const key = `${event} ${who}`
  let seen = counts.get(key)
  if (!seen || now - seen.since > hourMilliseconds) {
    seen = { since: now, count: 0, loggedAt: 0, isRepeated: false }
    counts.set(key, seen)
  }
  seen.count++
  const most = event === 'loginFailed' ? thresholds.failedLogins : thresholds.refusals
  if (seen.count >= most && !seen.isRepeated) {
    seen.isRepeated = true
    alert(event, { ...fields, count: seen.count, withinSeconds: Math.ceil((now - seen.since) / 1000) })
  } else if (now - seen.loggedAt >= quietMilliseconds) {
    seen.loggedAt = now
    log.warn('security event', { event, ...fields })
  }
}

/** An event that someone should look at now. */
export function alert(event: SecurityEvent, fields: Readonly<Record<string, unknown>>): void {
  securityAlerts.inc({ event })
  log.error('security alert', { event, ...fields })
}
