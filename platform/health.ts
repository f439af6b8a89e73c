import { Router } from 'express'
import { metricsText } from './clusterMetrics'
import { describe } from './errors'
import { log } from './log'
import { metrics } from './metrics'

/** Each check resolves when its part can do its work and throws when not. */
export type Checks = Readonly<Record<string, () => Promise<void>>>

const checkMilliseconds = 2_000

/**
 * `/health/live`: the process runs. `/health/ready` and `/health`: every part it needs answers (503 when one does not, naming it).
 * `/metrics`: Prometheus text.
 */
export function healthRoutes(checks: Checks): Router {
  const router = Router()
  router.get('/health/live', (_request, response) => void response.json({ status: 'ok' }))
  router.get(['/health', '/health/ready'], async (_request, response) => {
    const requestId = response.getHeader('X-Request-Id')
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await outcome(name, check, requestId)] as const),
    )
    const ready = results.every(([, result]) => result === 'ok')
    response
      .status(ready ? 200 : 503)
      .json({ status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(results) })
  })
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metricsText())
  })
  return router
}

async function outcome(name: string, check: () => Promise<void>, requestId: unknown): Promise<'ok' | 'failed'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), checkMilliseconds)
  })
  try {
    await Promise.race([check(), late])
    return 'ok'
  } catch (error) {
    log.warn('health check failed', { requestId, check: name, error: describe(error) })
    return 'failed'
  } finally {
    clearTimeout(timer)
  }
}
