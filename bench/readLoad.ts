import { basePath } from '../oneroster/endpoints'
import { openConnection, requestBytes, type Connection } from './connection'
import { checkAnswer, nextLink, type ReadPath } from './readPaths'
import type { Target, TargetName } from './readTargets'
import type { Roster } from './roster'
import { median } from './statistics'

/** Good answers per second, how long each took (milliseconds), and how many were refused because the hub was full (429, 503). */
export interface Load {
  readonly rate: number
  readonly latencies: readonly number[]
  readonly refused: number
}

const rounds = 3
const roundMilliseconds = 2_000

/**
 * Many callers at once, each sending its next request when the last was answered; the targets take turns. A first round warms up and does not
 * count: V8 compiles a process's code in its first ten thousand requests.
 */
export async function measureLoad(path: ReadPath, targets: readonly Target[]): Promise<Map<TargetName, Load>> {
  console.log(`Loading: ${path.what} ...`)
  const rates = new Map<TargetName, number[]>()
  const latencies = new Map<TargetName, number[]>()
  const refused = new Map<TargetName, number>()
  for (let round = 0; round <= rounds; round++) {
    for (const target of targets) {
      const taken = await loadOnce(path, target, round)
      if (round === 0) continue
      rates.set(target.name, [...(rates.get(target.name) ?? []), taken.rate])
      latencies.set(target.name, (latencies.get(target.name) ?? []).concat(taken.latencies))
      refused.set(target.name, (refused.get(target.name) ?? 0) + taken.refused)
    }
  }
  const loadOf = ({ name }: Target) => ({
    rate: median(rates.get(name)!),
    latencies: latencies.get(name)!,
    refused: refused.get(name)!,
  })
  return new Map(targets.map((target) => [target.name, loadOf(target)]))
}

async function loadOnce(path: ReadPath, { name, port }: Target, round: number): Promise<Load> {
  const connections = await Promise.all(Array.from({ length: path.load }, () => openConnection(port)))
  const requests = path.requests[name]!
  const latencies: number[] = []
  let refused = 0
  let next = round * 7919
  const started = performance.now()
  const until = started + roundMilliseconds
  const call = async (connection: Connection) => {
    let bytes: number | undefined
    while (performance.now() < until) {
      const answer = await connection.send(requests[next++ % requests.length]!)
      if (answer.status === 429 || answer.status === 503) {
        refused++
        continue
      }
      // The first answer is looked at, the others must be alike.
      if (bytes === undefined || answer.status !== 200) checkAnswer(path, name, answer)
      bytes ??= answer.bytes
      if (requests.length === 1 && answer.bytes !== bytes) throw new Error(`${path.what} of ${name}: answers differ`)
      latencies.push(answer.milliseconds)
    }
  }
  try {
    await Promise.all(connections.map(call))
    return { rate: (latencies.length * 1000) / (performance.now() - started), latencies, refused }
  } finally {
    for (const connection of connections) connection.close()
  }
}

/** Rows per second of a client that reads all users by the `next` links. */
export async function measureWholeRead(
  roster: Roster,
  targets: readonly Target[],
  tokens: Readonly<Record<string, string>>,
): Promise<Map<TargetName, number>> {
  console.log('Reading all users ...')
  const rates = new Map<TargetName, number[]>()
  for (let round = 0; round < rounds; round++) {
    for (const { name, port } of targets) {
      const connection = await openConnection(port)
      const started = performance.now()
      const read = name === 'floor' ? readFloor(connection) : readHub(connection, tokens[name]!)
      const rows = await read.finally(() => connection.close())
      if (rows !== roster.users) throw new Error(`Reading all users of ${name} found ${rows} of ${roster.users}`)
      rates.set(name, [...(rates.get(name) ?? []), (rows * 1000) / (performance.now() - started)])
    }
  }
  return new Map([...rates].map(([name, samples]) => [name, median(samples)]))
}

async function readFloor(connection: Connection): Promise<number> {
  let rows = 0
  for (let after = ''; ;) {
    const answer = await connection.send(requestBytes(`/page?limit=10000&after=${after}`))
    const page = JSON.parse(answer.body().toString()) as { sourcedId: string }[]
    rows += page.length
    if (page.length < 10_000) return rows
    after = encodeURIComponent(page.at(-1)!.sourcedId)
  }
}

async function readHub(connection: Connection, token: string): Promise<number> {
  let rows = 0
  for (let search: string | undefined = '?limit=10000'; search !== undefined;) {
    const answer = await connection.send(
      requestBytes(`${basePath}/users${search}`, { Authorization: `Bearer ${token}` }),
    )
    const { users } = JSON.parse(answer.body().toString()) as { users: unknown[] }
    rows += users.length
    const link = nextLink(answer)
    search = link && new URL(link).search
  }
  return rows
}
