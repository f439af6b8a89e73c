import { readFileSync } from 'node:fs'
import path from 'node:path'
import { metrics } from '../../platform/metrics'
import { projectRoot } from '../../platform/projectRoot'
import '../../platform/securityEvents'
import '../../subgraphs/imports/exports/workExport'
import '../../subgraphs/imports/work'

const alerts = readFileSync(path.join(projectRoot, 'deploy/alerts.yml'), 'utf8')
const own = async () => (await metrics.getMetricsAsJSON()).filter(({ name }) => name.startsWith('rosterhub_'))

test('every alert asks for metrics that there are', async () => {
  const asked = [...alerts.matchAll(/rosterhub_\w+?(?=_bucket|_count\b|_sum\b|\W)/g)].map(([name]) => name)
  const names = (await own()).map(({ name }) => name)
  expect(asked.filter((name) => !names.includes(name))).toEqual([])
})

test('what an alert waits to increase is shown before its first event', async () => {
  const text = await metrics.metrics()
  for (const line of [
    'rosterhub_security_alerts_total{event="unusualVolume"} 0',
    'rosterhub_security_events_total{event="loginFailed"} 0',
    'rosterhub_import_runs_total{outcome="failed"} 0',
    'rosterhub_export_runs_total{outcome="failed"} 0',
    'rosterhub_audit_write_failures_total 0',
    'rosterhub_rate_limit_open_total 0',
  ])
    expect(text).toContain(line)
})

test('names say what is counted: counters are totals, times are seconds', async () => {
  for (const { name, type } of await own()) {
    expect([name, name.endsWith('_total')]).toEqual([name, String(type) === 'counter'])
    if (name.includes('duration')) expect(name).toMatch(/_seconds$/)
  }
})
