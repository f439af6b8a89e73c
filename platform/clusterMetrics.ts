import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type PrometheusContentType } from 'prom-client'
import { metrics } from './metrics'

/** What a serving process asks its primary, and the answer. */
const question = 'rosterhub:metrics?'
const answer = 'rosterhub:metrics'

const timeoutMilliseconds = 5_000
// From the start: only then does a serving process tell its primary its share when another one asks.
let registry: AggregatorRegistry<PrometheusContentType> | undefined = cluster.isWorker
  ? new AggregatorRegistry()
  : undefined

/** In the primary: answers its processes, each of which sees only its own numbers, with those of all of them together. */
export function answerMetrics(worker: Worker): void {
  registry ??= new AggregatorRegistry()
  worker.on('message', (message: unknown) => {
    if (message !== question) return
    void registry!
      .clusterMetrics()
      .catch(() => '')
      .then((text) => worker.isConnected() && worker.send({ type: answer, text }))
  })
}

/** Prometheus text of this process; of all serving processes together where several stand behind one port. */
export async function metricsText(): Promise<string> {
  if (!cluster.isWorker) return metrics.metrics()
  return (await textOfAll()) || metrics.metrics()
}

function textOfAll(): Promise<string> {
  return new Promise((resolve) => {
    const done = (text: string) => {
      clearTimeout(timer)
      process.off('message', hear)
      resolve(text)
    }
    const hear = (message: { type?: unknown; text?: unknown } | string) => {
      if (typeof message === 'object' && message.type === answer) done(String(message.text))
    }
    const timer = setTimeout(() => done(''), timeoutMilliseconds)
    process.on('message', hear)
    process.send?.(question)
  })
}
