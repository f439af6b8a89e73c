import { subgraphNames } from '../platform/config'
import { freePortBase, startProcess, type Running } from './processes'
import type { Hub } from './servers'

/** What answers a read: the floor, or the hub in one of its topologies. */
export type TargetName = 'floor' | 'oneMachine' | 'services'

export interface Target {
  readonly name: TargetName
  /** Port of the floor, or of REST. */
  readonly port: number
  readonly graphqlPort: number
  readonly processes: readonly Running[]
}

/** Starts all three over one filled hub. They run side by side and answer in turns. */
export async function startTargets(hub: Hub): Promise<{ targets: Target[]; stop(): Promise<void> }> {
  const started: Running[] = []
  const start = async (entry: string, env: NodeJS.ProcessEnv, args?: string[]) => {
    const running = await startProcess(entry, env, args)
    started.push(running)
    return running
  }
  const stop = async () => {
    await Promise.all(started.splice(0).map((running) => running.stop()))
  }
  try {
    const floor = await start('bench/readFloor', hub.env, [hub.config.databaseUrl, String(hub.tenantId)])
    const oneMachine = await start('scripts/serve', hub.env)
    const portBase = await freePortBase()
    const env = { ...hub.env, PORT_BASE: String(portBase) }
    const services: Running[] = []
    for (const name of subgraphNames) services.push(await start(`subgraphs/${name}/server`, env))
    for (const entry of ['gateway/server', 'rest-facade/server']) services.push(await start(entry, env))
    const { rest, graphql } = hub.config.ports
    return {
      stop,
      targets: [
        { name: 'floor', port: Number(floor.said['port']), graphqlPort: 0, processes: [floor] },
        { name: 'oneMachine', port: rest, graphqlPort: graphql, processes: [oneMachine] },
        { name: 'services', port: portBase, graphqlPort: portBase + 1000, processes: services },
      ],
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A bearer token of the vendor, by the token endpoint as any client would get it. */
export async function fetchToken({ access }: Hub, { port }: Pick<Target, 'port'>): Promise<string> {
  const { clientId, clientSecret } = access.vendor
  const response = await fetch(`http://127.0.0.1:${port}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const answer = (await response.json()) as { access_token?: string }
  if (!answer.access_token) throw new Error(`The token endpoint answered ${response.status}`)
  return answer.access_token
}
