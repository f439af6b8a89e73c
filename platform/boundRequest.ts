import { hash } from 'node:crypto'
import { Upload } from 'graphql-upload-minimal'
import type { SubgraphOperation } from './runOperation'

/**
 * Which request an identity statement was made for (identity.ts): the subgraph, and the body as it is sent. Of an upload it is the operation alone,
 * since the file streams on behind it; of a download the link.
 */
export function requestDigest(subgraph: string, content: string | Buffer): string {
  return `${subgraph} ${hash('sha256', content, 'base64url')}`
}

/**
 * The operation as it travels. JSON cannot hold a file: the multipart request specification wants null in its place. Parsing it and writing it again
 * gives the same text, so both ends of an upload have the same.
 */
export function operationText(operation: SubgraphOperation): string {
  return JSON.stringify(operation, (_key, value: unknown) => (value instanceof Upload ? null : value))
}
