import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to the server of a URL that can be lost. */
export interface Cuttable {
  /** The same server, reached by this way. */
  readonly url: string
  /** Ends its connections without a word; new ones are taken. */
  drop(): void
  /** Ends its connections and refuses new ones, for good. */
  cut(): void
}

export async function cuttable(url: string): Promise<Cuttable> {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const network = createServer((socket) => {
    const server = connect(Number(port), hostname)
    for (const [from, to] of [[socket, server] as const, [server, socket] as const]) {
      sockets.add(from)
      from.on('error', () => undefined).pipe(to)
    }
  })
  await new Promise<void>((resolve) => network.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.port = String((network.address() as AddressInfo).port)
  const drop = () => sockets.forEach((socket) => socket.destroy())
  return {
    url: through.href,
    drop,
    cut: () => {
      network.close()
      drop()
    },
  }
}
