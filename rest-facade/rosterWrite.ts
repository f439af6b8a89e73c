import type { IncomingHttpHeaders } from 'node:http'
import type { Request } from 'express'
import { inputRefusal, nestedRefusal, type InputRefusal } from '../oneroster/inputFindings'
import { InvalidValue } from '../oneroster/invalid'
import { jsonInput, type JsonInput } from '../oneroster/jsonInput'
import { servedEntities, type Entity } from '../oneroster/model'
import { codeOf, coded } from '../platform/errors'
import { singular } from './nouns'

/**
 * Writing over REST: an extension of RosterHub, since OneRoster 1.2 has no writes in rostering (docs/rest.md).
 * `PUT /orgs/{id}` creates or replaces, `PATCH` changes what is given, `DELETE` marks tobedeleted. Each is one mutation of the graph.
 */
export const writeMethods = ['PUT', 'PATCH', 'DELETE'] as const
export type WriteMethod = (typeof writeMethods)[number]

export interface RosterWrite {
  readonly query: string
  readonly operationName: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Key of the object in the answer. */
  readonly rootKey: string
}

/** What a write is answered with. */
export interface WriteAnswer {
  readonly status: 200 | 201 | 204
  /** The record's document; undefined after DELETE. */
  readonly rendered?: string
}

const writable: ReadonlyMap<string, Entity> = new Map(servedEntities.map((entity) => [entity.collection, entity]))

/** The entity that a path writes to: `/{collection}/{sourcedId}` of the base collections; not schools, students or terms. */
export function writableEntity(segments: readonly string[]): Entity | undefined {
  return segments.length === 2 ? writable.get(segments[0]!) : undefined
}

export function isWriteMethod(method: string): method is WriteMethod {
  return (writeMethods as readonly string[]).includes(method)
}

/**
 * The mutation for a write. Throws INVALID_DATA for a body that is no object of the entity, names another sourcedId than the path, or breaks
 * a rule for rows. The owner of the record holds it to these rules too; here they come first because the types of the graph have no word for
 * a member that is missing, and would refuse it without the codes of an import.
 */
export function readWrite(method: WriteMethod, entity: Entity, sourcedId: string, body: unknown): RosterWrite {
  const { type } = entity
  // demographics has the same word for one and for many.
  const rootKey = singular[entity.collection]!.replace(/Of$/, '')
  if (method === 'DELETE') {
    const query = `mutation delete${type}($sourcedId: ID!) { written: delete${type}(sourcedId: $sourcedId) { sourcedId } }`
    return { query, operationName: `delete${type}`, variables: { sourcedId }, rootKey }
  }
  const input = inputOf(entity, body, rootKey)
  const named = input['sourcedId']
  if (named !== undefined && named !== sourcedId) {
    throw coded('INVALID_DATA', 'The sourcedId of the body is not that of the path')
  }
  const refusalOf = method === 'PUT' ? inputRefusal : nestedRefusal
  refuse(refusalOf(entity, { ...input, sourcedId }))
  if (method === 'PUT') {
    const query = `mutation replace${type}($input: Create${type}Input!) { written: replace${type}(input: $input) { created record { rendered } } }`
    return { query, operationName: `replace${type}`, variables: { input: { ...input, sourcedId } }, rootKey }
  }
  const { sourcedId: _named, ...changes } = input
  const query = `mutation update${type}($sourcedId: ID!, $input: Update${type}Input!) { written: update${type}(sourcedId: $sourcedId, input: $input) { rendered } }`
  return { query, operationName: `update${type}`, variables: { sourcedId, input: changes }, rootKey }
}

/** Status and document of the gateway's answer. */
export function writeAnswer(method: WriteMethod, data: Readonly<Record<string, unknown>>): WriteAnswer {
  // What is rendered may be a PassedText.
  const written = data['written'] as { rendered?: unknown; created?: boolean; record?: { rendered: unknown } }
  if (method === 'DELETE') return { status: 204 }
  if (method === 'PATCH') return { status: 200, rendered: String(written.rendered) }
  return { status: written.created ? 201 : 200, rendered: String(written.record!.rendered) }
}

/** The headers that make a write depend on the state it finds (RFC 9110 section 13.1). */
const conditions = ['if-match', 'if-none-match', 'if-unmodified-since'] as const

/**
 * Refuses a conditional write before anything is done: no condition is looked at together with the record that it speaks of, and to go on
 * as if it held would overwrite what the caller wants to keep. Throws PRECONDITION_FAILED.
 */
export function refuseConditions(headers: IncomingHttpHeaders): void {
  const condition = conditions.find((name) => headers[name] !== undefined)
  if (!condition) return
  throw coded(
    'PRECONDITION_FAILED',
    `Nothing was written: this hub takes no conditional writes, send it without ${condition}`,
  )
}

/** What the graph calls a variable that does not fit its types is the body's fault here. Its message quotes values, so it is not passed on. */
export function writeFailure(error: unknown): unknown {
  return codeOf(error) === 'BAD_USER_INPUT'
    ? coded('INVALID_DATA', 'The body does not have the form of such a record')
    : error
}

function refuse(refusal: InputRefusal | undefined): void {
  if (refusal) throw coded('INVALID_DATA', refusal.message, { issues: refusal.issues })
}

/** The body is wrapped in the singular key, as the standard wraps objects: `{"org": {...}}`. */
function inputOf(entity: Entity, body: unknown, rootKey: string): JsonInput {
  const object = (body as Record<string, unknown> | null)?.[rootKey]
  if (object === undefined) throw coded('INVALID_DATA', `The body must be a JSON object {"${rootKey}": {...}}`)
  try {
    return jsonInput(entity, object)
  } catch (error) {
    if (error instanceof InvalidValue) throw coded('INVALID_DATA', error.message)
    throw error
  }
}

const mostBytes = 1024 ** 2

/** The JSON body of a request, at most 1 MiB. Throws INVALID_REQUEST when it is no JSON or too long. */
export async function readJson(request: Request): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  // Left open when we stop reading, so that the refusal can still be sent on the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > mostBytes) throw coded('INVALID_REQUEST', `The body is longer than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))) as unknown
  } catch {
    throw coded('INVALID_REQUEST', 'The body is not JSON in UTF-8')
  }
}
