import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client'

/** Process-wide metrics in Prometheus form; names carry their units. */
if (!process.env['JEST_WORKER_ID']) collectDefaultMetrics()

export const databaseStatements = new Counter({
  name: 'rosterhub_database_statements_total',
  help: 'SQL statements sent by serving processes',
})

export const requestSeconds = new Histogram({
  name: 'rosterhub_request_duration_seconds',
  help: 'Time from a request to its answer',
  labelNames: ['door', 'status'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
})

let waiting = 0

/** Counted in a variable and shown when asked for: this comes with every read. */
export function addAuditWaiting(more: number): void {
  waiting += more
}

export const auditWaiting = new Gauge({
  name: 'rosterhub_audit_events_waiting',
  help: 'Reads that are answered but not yet in the audit trail, with the ids they name; few, and gone within milliseconds',
  collect() {
    this.set(waiting)
  },
})

export const auditWrites = new Counter({
  name: 'rosterhub_audit_writes_total',
  help: 'Statements that write events of reads and failed logins into the audit trail, each some milliseconds of them',
})

export const auditFailures = new Counter({
  name: 'rosterhub_audit_write_failures_total',
  help: 'Attempts to write the audit trail of reads that failed; reads wait or are refused until one succeeds',
})

export const rateLimitOpen = new Counter({
  name: 'rosterhub_rate_limit_open_total',
  help: 'Permits that were not asked for because Redis is away: requests pass without a limit',
})

export const securityEvents = new Counter({
  name: 'rosterhub_security_events_total',
  help: 'Failed logins, refused tokens, scopes and addresses, requests over a limit',
  labelNames: ['event'] as const,
})

export const securityAlerts = new Counter({
  name: 'rosterhub_security_alerts_total',
  help: 'Security events that one caller repeats beyond a threshold, and unusual volumes',
  labelNames: ['event'] as const,
})

export { register as metrics }
