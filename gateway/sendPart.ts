import type { Identity } from '../platform/identity'
import type { SubgraphAnswer, SubgraphOperation } from '../platform/runOperation'
import type { WhenGone } from '../platform/whenGone'
import type { Operation } from './operations'
import type { SubgraphLink } from './subgraphRequest'

/** What a data source needs to know of the request it is part of. */
export interface RunContext {
  readonly identity: Identity
  readonly operation: Operation
  readonly whenGone: WhenGone | undefined
  /** A write of it has failed. */
  hasFailed?: boolean
}

/**
 * Sends one part of a plan to its subgraph. The writes of an operation are done in order up to the first that fails: graphql-js ends there within
 * a subgraph, so what the plan has behind it for other subgraphs is not sent either. No write answers null, so the answer as a whole is null then.
 */
export async function sendPart(
  link: SubgraphLink,
  operation: SubgraphOperation,
  run: RunContext,
): Promise<SubgraphAnswer> {
  if (run.hasFailed) return { data: null }
  const { identity, whenGone } = run
  // Beside the writes a plan has reads, for what they answer of other subgraphs.
  const isWrite = /^\s*mutation/.test(operation.query)
  try {
    const answer = await link.send(operation, identity, { whenGone })
    run.hasFailed = isWrite && !answer.data
    return answer
  } catch (error) {
    run.hasFailed = isWrite
    throw error
  }
}
