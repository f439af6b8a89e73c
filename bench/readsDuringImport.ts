import { setTimeout as sleep } from 'node:timers/promises'
import { basePath } from '../oneroster/endpoints'
import { openConnection, requestBytes } from './connection'
import type { Figure } from './figures'
import { fetchToken } from './readTargets'
import type { Hub } from './servers'
import { percentile } from './statistics'

/** Milliseconds of a page of 100 users, one after the other with a breath between, alone (before and after) and while an import runs. */
export interface ReadsDuringImport {
  readonly idle: readonly number[]
  readonly importing: readonly number[]
}

const idleReads = 300
const breathMilliseconds = 10

/** Reads while nothing happens, as long as `importing` runs, and while nothing happens again. Throws when it fails, or when a read is not answered with 200. */
export async function readDuring(hub: Hub, importing: () => Promise<unknown>): Promise<ReadsDuringImport> {
  const { rest } = hub.config.ports
  const connection = await openConnection(rest)
  const token = async () => ({ Authorization: `Bearer ${await fetchToken(hub, { port: rest })}` })
  const request = requestBytes(`${basePath}/users?limit=100`, await token())
  const read = async () => {
    const { status, milliseconds } = await connection.send(request)
    if (status !== 200) throw new Error(`A read during an import was answered with ${status}`)
    await sleep(breathMilliseconds)
    return milliseconds
  }
  try {
    for (let warming = 0; warming < 50; warming++) await read()
    const idle: number[] = []
    const readIdly = async (upTo: number) => {
      while (idle.length < upTo) idle.push(await read())
    }
    await readIdly(idleReads)
    let isOver = false
    const done = importing().finally(() => (isOver = true))
    const during: number[] = []
    while (!isOver) during.push(await read())
    await done
    // The machine is not as quick all the time, and one slow second would decide what idle means.
    await readIdly(2 * idleReads)
    return { idle, importing: during }
  } finally {
    connection.close()
  }
}

/** The 95th percentile during the import against that of the idle hub. */
export function readsDuringFigure(students: number, { idle, importing }: ReadsDuringImport): Figure {
  const p95 = percentile(importing, 0.95)
  return {
    ...{ id: 'read.duringImport', what: 'page of 100 users while an import runs, p95', students, unit: 'ms' },
    ...{ floor: percentile(idle, 0.95), measured: p95, ratio: p95 / percentile(idle, 0.95) },
    ...{ p50: percentile(importing, 0.5), p95, p99: percentile(importing, 0.99) },
    detail: { reads: importing.length, idleP50: percentile(idle, 0.5) },
  }
}
