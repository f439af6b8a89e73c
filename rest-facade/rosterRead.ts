import { entities } from '../oneroster/model'
import { coded } from '../platform/errors'
import { readListParams, readOneParams, type ListParams } from './listParams'
import { writableEntity, writeMethods } from './rosterWrite'
import { matchRoute, type Route } from './routes'

/** A read of the rostering service as one typed value: what to ask the gateway, and what the links of the answer need. */
export interface RosterRead extends Route {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Undefined when one object is asked for. */
  readonly list?: AskedList
}

/** What the links of a list need. */
interface AskedList extends ListParams {
  /** Path below the base path, ids percent-encoded. */
  readonly path: string
}

/**
 * Parses method, path segments (behind the base path, still encoded) and query string. Throws UNKNOWN_OBJECT, METHOD_NOT_ALLOWED or what
 * is wrong with a parameter.
 */
export function readRequest(method: string, segments: readonly string[], search: string): RosterRead {
  const match = matchRoute(segments)
  if (!match) throw coded('UNKNOWN_OBJECT', 'Unknown Object: the rostering service has no such path')
  if (method !== 'GET' && method !== 'HEAD') {
    const allow = ['GET', 'HEAD', ...(writableEntity(segments) ? writeMethods : [])].join(', ')
    throw coded('METHOD_NOT_ALLOWED', `This path takes ${allow}`, { allow })
  }
  const { endpoint, operation, ids } = match
  if (!ids) throw coded('UNKNOWN_OBJECT', 'Unknown Object: the path holds no well-formed sourcedId')
  const entity = entities[endpoint.entity]
  const queryFor = ({ fields }: { fields?: readonly string[] }) => (fields ? operation.selectingQuery : operation.query)
  if (endpoint.answers !== 'list') {
    const params = readOneParams(entity, search)
    return { endpoint, operation, query: queryFor(params), variables: { ...ids, ...params } }
  }
  const params = readListParams(entity, search)
  const { repeated: _repeated, ...asked } = params
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(ids[name]!))
  const list = { ...params, path }
  return { endpoint, operation, query: queryFor(params), variables: { ...ids, ...asked }, list }
}
