import { basePaths, endpoints, type Endpoint } from '../oneroster/endpoints'
import { toOperation, type Operation } from './toOperation'

export interface Route {
  readonly endpoint: Endpoint
  readonly operation: Operation
}

export interface RouteMatch extends Route {
  /** The sourcedIds of the path by variable name, percent-decoded; undefined when one cannot be an id of anything. */
  readonly ids: Readonly<Record<string, string>> | undefined
}

/** Every route by its shape: the path with `*` in place of each id. Routes come from the table of endpoints, none is written by hand. */
const routes: ReadonlyMap<string, Route> = new Map(
  endpoints.map((endpoint) => [
    shapeOf(endpoint.path.split('/').slice(1)),
    { endpoint, operation: toOperation(endpoint) },
  ]),
)
const longestPath = 5

/** The part of a request path behind a base path of the service, as segments; undefined when it stands under none. */
export function serviceSegments(path: string, bases: readonly string[] = basePaths): string[] | undefined {
  // Clients join root and path with one slash too many or end in one (SDS, Moodle); empty segments mean nothing.
  const segments = path.split('/').filter((segment) => segment !== '')
  for (const base of bases) {
    const prefix = base.split('/').slice(1)
    if (prefix.every((part, at) => segments[at] === part)) return segments.slice(prefix.length)
  }
  return undefined
}

/**
 * The route of path segments that are still percent-encoded; undefined when the service has no such path.
 * Ids are decoded after routing, so that `%2F` in an id is no separator (CSV Binding 1.2 section 3 allows `/` in a GUID).
 */
export function matchRoute(segments: readonly string[]): RouteMatch | undefined {
  if (segments.length > longestPath) return undefined
  const route = routes.get(shapeOf(segments))
  if (!route) return undefined
  return { ...route, ids: idsOf(route.operation, segments) }
}

function shapeOf(segments: readonly string[]): string {
  return segments.map((segment, at) => (at % 2 ? '*' : segment)).join('/')
}

function idsOf({ idNames }: Operation, segments: readonly string[]): Record<string, string> | undefined {
  const ids: Record<string, string> = {}
  for (const [at, name] of idNames.entries()) {
    const id = decodeId(segments[at * 2 + 1]!)
    if (id === undefined) return undefined
    ids[name] = id
  }
  return ids
}

function decodeId(segment: string): string | undefined {
  try {
    const id = decodeURIComponent(segment)
    // PostgreSQL text holds no NUL, so neither does any id.
    return id.includes('\0') ? undefined : id
  } catch {
    return undefined
  }
}
