import { availableParallelism } from 'node:os'
import { against, type Figure } from './figures'
import { freePortBase, startProcess } from './processes'
import { measureLoad } from './readLoad'
import type { ReadPath } from './readPaths'
import type { Target } from './readTargets'
import type { Hub } from './servers'
import { median, percentile } from './statistics'

/** The paths of small answers, which one process is busier with than PostgreSQL is. */
const smallAnswers = ['one', 'page100']

/** One machine with a serving process for each processor (SERVING_PROCESSES), many callers at once, against the floor. */
export async function measurePerCore(
  hub: Hub,
  students: number,
  paths: readonly ReadPath[],
  floor: Target,
): Promise<Figure[]> {
  const portBase = await freePortBase()
  const processes = availableParallelism()
  const env = { ...hub.env, PORT_BASE: String(portBase), SERVING_PROCESSES: String(processes) }
  const serving = await startProcess('scripts/serve', env)
  const figures: Figure[] = []
  try {
    const perCore: Target = {
      ...{ name: 'oneMachine', port: portBase, graphqlPort: portBase + 1000 },
      processes: [serving],
    }
    for (const path of paths.filter(({ name }) => smallAnswers.includes(name))) {
      const loads = await measureLoad(path, [floor, perCore])
      const { rate, latencies, refused } = loads.get('oneMachine')!
      figures.push(
        against(loads.get('floor')!.rate, {
          id: `load.${path.name}.perCore`,
          what: `${path.what}, ${path.load} at once, one machine with ${processes} serving processes`,
          ...{ students, unit: 'req/s', measured: rate, p50: median(latencies) },
          ...{ p95: percentile(latencies, 0.95), p99: percentile(latencies, 0.99) },
          ...(refused ? { detail: { refused } } : {}),
        }),
      )
    }
  } finally {
    await serving.stop()
  }
  return figures
}
