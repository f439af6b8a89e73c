import { openConnection } from './connection'
import type { District } from './district'
import { against, type Figure } from './figures'
import { memoryOf } from './processes'
import { measureLoad, measureWholeRead, type Load } from './readLoad'
import { measurePerCore } from './readPerCore'
import { checkAnswer, positionAtDepth, readPaths, type ReadPath } from './readPaths'
import { fetchToken, startTargets, type Target, type TargetName } from './readTargets'
import { lookAtRoster } from './roster'
import type { Hub } from './servers'
import { median, percentile } from './statistics'

const warmUps = 5
const titles = { floor: 'floor', oneMachine: 'one machine', services: 'process per service' } as const
const hubTargets = ['oneMachine', 'services'] as const

/** By path and target, see keyOf. */
type Samples = ReadonlyMap<string, number[]>
const keyOf = ({ name }: Pick<ReadPath, 'name'>, target: TargetName) => `${name}.${target}`

/** Asks the floor and both topologies in turns, by many connections at once and then by one at a time. The hub must be filled. */
export async function measureReads(hub: Hub, { students }: District, rounds: number): Promise<Figure[]> {
  const roster = await lookAtRoster(hub)
  const { targets, stop } = await startTargets(hub)
  try {
    const [floor, oneMachine, services] = targets as [Target, Target, Target]
    const tokens = { oneMachine: await fetchToken(hub, oneMachine), services: await fetchToken(hub, services) }
    const deep = await positionAtDepth(oneMachine.port, tokens.oneMachine, roster)
    const paths = readPaths(roster, tokens, deep)
    const loads = []
    for (const path of paths.filter(({ load }) => load))
      loads.push(...loadFigures(students, path, await measureLoad(path, targets)))
    // After the loads: as a server that has been up for a minute answers, not as one that was just started.
    const latencies = latencyFigures(students, paths, await measureLatencies(paths, targets, rounds))
    loads.push(...(await measurePerCore(hub, students, paths, floor)))
    const whole = wholeFigures(students, await measureWholeRead(roster, targets, tokens))
    return [...latencies, ...loads, ...whole, ...memoryFigures(students, targets)]
  } finally {
    await stop()
  }
}

/** Every round asks everybody everything; who comes first changes from round to round. */
async function measureLatencies(
  paths: readonly ReadPath[],
  targets: readonly Target[],
  rounds: number,
): Promise<Samples> {
  const samples = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    if (round % 5 === 1) console.log(`Reading, round ${round} of ${rounds} ...`)
    for (const path of turned(paths, round)) {
      for (const target of turned(targets, round)) {
        const taken = await ask(path, target, round)
        const key = keyOf(path, target.name)
        // Round 0 warms up.
        if (round > 0) samples.set(key, [...(samples.get(key) ?? []), ...taken])
      }
    }
  }
  return samples
}

/** Over a connection of its own: a server closes one that is idle for a while. */
async function ask(path: ReadPath, { name, port, graphqlPort }: Target, round: number): Promise<number[]> {
  const requests = path.requests[name] ?? []
  const asksGraph = path.total === undefined && name !== 'floor'
  const connection = await openConnection(asksGraph ? graphqlPort : port)
  const count = Math.max(path.samples, round === 0 ? warmUps : 0)
  const taken: number[] = []
  try {
    for (let sample = 0; sample < count && requests.length; sample++) {
      const answer = await connection.send(requests[(round * path.samples + sample) % requests.length]!)
      if (sample === 0 || answer.status !== 200) checkAnswer(path, name, answer)
      taken.push(answer.milliseconds)
    }
  } finally {
    connection.close()
  }
  return taken
}

function turned<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

function latencyFigures(students: number, paths: readonly ReadPath[], samples: Samples): Figure[] {
  return paths.flatMap((path) =>
    hubTargets.map((target) => {
      const own = samples.get(keyOf(path, target))!
      const floor = samples.get(path.comparedWith ? keyOf({ name: path.comparedWith }, target) : keyOf(path, 'floor'))!
      return against(median(floor), {
        id: `read.${keyOf(path, target)}`,
        what: `${path.what}, ${titles[target]}${path.comparedWith ? ' (times the first page)' : ''}`,
        students,
        unit: 'ms',
        measured: median(own),
        p10: percentile(own, 0.1),
        p95: percentile(own, 0.95),
        detail: { floorP10: percentile(floor, 0.1), samples: own.length },
      })
    }),
  )
}

function loadFigures(students: number, path: ReadPath, loads: ReadonlyMap<TargetName, Load>): Figure[] {
  const { rate: floor } = loads.get('floor')!
  return hubTargets.map((target) => {
    const { rate, latencies, refused } = loads.get(target)!
    return against(floor, {
      id: `load.${keyOf(path, target)}`,
      what: `${path.what}, ${path.load} at once, ${titles[target]}`,
      students,
      unit: 'req/s',
      measured: rate,
      p50: median(latencies),
      p95: percentile(latencies, 0.95),
      p99: percentile(latencies, 0.99),
      ...(refused ? { detail: { refused } } : {}),
    })
  })
}

function wholeFigures(students: number, rates: ReadonlyMap<TargetName, number>): Figure[] {
  return hubTargets.map((target) =>
    against(rates.get('floor')!, {
      id: `whole.${target}`,
      what: `all users in pages of 10,000, ${titles[target]}`,
      students,
      unit: 'rows/s',
      measured: rates.get(target)!,
    }),
  )
}

/** Peak of what serves: the one process, or all of them together. */
function memoryFigures(students: number, targets: readonly Target[]): Figure[] {
  return targets.flatMap(({ name, processes }) => {
    const measured = processes.reduce((sum, { pid }) => sum + (memoryOf(pid)?.peak ?? NaN), 0)
    if (name === 'floor' || Number.isNaN(measured)) return []
    return [
      { id: `read.memory.${name}`, what: `peak memory, ${titles[name]}`, students, unit: 'MB' as const, measured },
    ]
  })
}
