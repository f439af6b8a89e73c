import type { Download } from '../platform/download'
import type { DownloadClaims } from '../platform/downloadLink'
import type { Identity } from '../platform/identity'
import { operationRunner, type SubgraphAnswer, type SubgraphOperation } from '../platform/runOperation'
import type { Subgraph } from '../platform/subgraph'
import type { WhenGone } from '../platform/whenGone'

export interface SendOptions {
  readonly whenGone?: WhenGone | undefined
  /** The answer may hold a PassedText, since it is passed on and not looked into. */
  readonly passesText?: boolean
}

/** Asks one subgraph on behalf of a caller, in this process or over HTTP (remoteSubgraph.ts). */
export interface SubgraphLink {
  send(operation: SubgraphOperation, identity: Identity, options?: SendOptions): Promise<SubgraphAnswer>
  /** The file behind a link; `token` is the link as it came, `claims` what it says. */
  download(token: string, claims: DownloadClaims, identity: Identity, whenGone?: WhenGone): Promise<Download>
  /** Throws when the subgraph cannot do its work. */
  ready(): Promise<void>
  close(): void
}

/** A subgraph in this process: no HTTP, no statement to sign, and files pass as they are. */
export function localSubgraph(subgraph: Subgraph): SubgraphLink {
  const run = operationRunner(subgraph.schema)
  return {
    send: (operation, identity) => run(operation, subgraph.contextFor(identity)),
    download: (_token, claims, identity) => subgraph.download!(identity, claims),
    ready: () => subgraph.ready(),
    close: () => undefined,
  }
}
