import { differences, kindOfUsers } from '../../oneroster/differences11'
import { documentMembers } from '../../oneroster/documentSql'
import { endpoints, type Endpoint } from '../../oneroster/endpoints'
import type { Filter } from '../../oneroster/filterSql'
import { entities, type Entity } from '../../oneroster/model'
import { coded } from '../../platform/errors'
import {
  defaultLimit,
  greatestLimit,
  greatestOffset,
  readQuery,
  single,
  sortProperties,
  wholeNumber,
  type Query,
  type Sort,
} from '../listParams'
import { matchRoute } from '../routes'
import { toOperation, type Operation } from '../toOperation'
import { typedFilter11 } from './filter11'
import type { ServedName } from './shape'

/** What was not understood and not obeyed; the answer says so beside the data (OneRoster 1.1, sorting and field selection). */
export interface Warning {
  readonly codeMinor: 'invalid_sort_field' | 'invalid_selection_field'
  readonly description: string
}

/** A read of the 1.1 service as one typed value. */
export interface Read11 {
  readonly endpoint: Endpoint
  readonly operation: Operation
  readonly variables: Readonly<Record<string, unknown>>
  /** Path below the base path, ids percent-encoded. */
  readonly path: string
  /** Undefined when one object is asked for. */
  readonly list?: { readonly limit: number; readonly offset: number; readonly repeated: Query }
  readonly day: string
  readonly role?: string | undefined
  readonly fields?: readonly string[] | undefined
  readonly warnings: readonly Warning[]
}

/** What 1.1 needs to know of its caller comes in the same operation: a signed request can be sent once only. */
const beside = ' self { oneroster11 { jsonBooleans unknownParentIsError identifierFallback } }'
/** Agents are named from both sides in 1.1; the data may name them from one. */
const rendered = (entity: string) => (entity === 'user' ? 'rendered(agentOf: true)' : 'rendered')
const operations = new Map(
  endpoints.map((endpoint) => [endpoint, toOperation(endpoint, { rendered: rendered(endpoint.entity), beside })]),
)

/**
 * Parses method, path segments (behind the base path, still encoded) and query string. Throws UNKNOWN_OBJECT, METHOD_NOT_ALLOWED,
 * INVALID_FILTER_FIELD, INVALID_SELECTION_FIELD for blank `fields`, and INVALID_PAGE; unknown names in `sort` and `fields` are warnings.
 */
export function readRequest11(method: string, segments: readonly string[], search: string, day: string): Read11 {
  const match = matchRoute(segments)
  if (!match) throw coded('UNKNOWN_OBJECT', 'Unknown Object: the OneRoster 1.1 service has no such path')
  if (method !== 'GET' && method !== 'HEAD') throw coded('METHOD_NOT_ALLOWED', 'This path takes GET, HEAD')
  const { endpoint, ids } = match
  if (!ids) throw coded('UNKNOWN_OBJECT', 'Unknown Object: the path holds no well-formed sourcedId')
  const entity = entities[endpoint.entity]
  const query = readQuery(search, { limit: 'INVALID_PAGE', offset: 'INVALID_PAGE', filter: 'INVALID_FILTER_FIELD' })
  const warnings: Warning[] = []
  const fields = readFields(entity, query, warnings)
  const role = kindOfUsers[endpoint.path.split('/').findLast((part) => part && !part.startsWith('{'))!]
  const { list, asked } =
    endpoint.answers === 'list' ? readList(entity, query, { day, role }, warnings) : { list: undefined, asked: {} }
  return {
    endpoint,
    operation: operations.get(endpoint)!,
    variables: { ...ids, ...asked },
    path: endpoint.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(ids[name]!)),
    ...(list ? { list } : {}),
    day,
    role,
    fields,
    warnings,
  }
}

interface Asked {
  readonly limit: number
  readonly offset: number
  readonly after?: string
  readonly filter?: Filter
  readonly sort?: Sort
}

function readList(
  entity: Entity,
  query: Query,
  scope: { day: string; role: string | undefined },
  warnings: Warning[],
): { list: Read11['list']; asked: Asked } {
  const limit = wholeNumber(query, 'limit', 1) ?? defaultLimit
  // A page that is cut short ends the loop of many clients (Moodle, code.org), so what is too much is refused.
  if (limit > greatestLimit) throw coded('INVALID_PAGE', `limit: expected a whole number from 1 to ${greatestLimit}`)
  const offset = Math.min(wholeNumber(query, 'offset', 0) ?? 0, greatestOffset)
  const after = single(query, 'after')
  const filter = single(query, 'filter')
  const sort = readSort(entity, query, warnings)
  const repeated = query.filter(([name]) => name !== 'limit' && name !== 'offset' && name !== 'after')
  return {
    list: { limit, offset, repeated },
    asked: {
      limit,
      offset,
      ...(after === undefined ? {} : { after }),
      ...(filter === undefined ? {} : { filter: typedFilter11(entity, filter, scope) }),
      ...(sort ? { sort } : {}),
    },
  }
}

/** `sort` without orderBy is ascending (Moodle), orderBy without sort means sourcedId (ClassLink); what is unknown is a warning. */
function readSort(entity: Entity, query: Query, warnings: Warning[]): Sort | undefined {
  const [field, direction] = [single(query, 'sort'), single(query, 'orderBy')?.toLowerCase()]
  const warn = (description: string) => void warnings.push({ codeMinor: 'invalid_sort_field', description })
  if (direction !== undefined && direction !== 'asc' && direction !== 'desc') {
    warn('orderBy: expected asc or desc; the order is ascending')
  }
  const orderBy = direction === 'desc' ? 'desc' : 'asc'
  if (field === undefined) return orderBy === 'desc' ? { field: 'sourcedId', orderBy } : undefined
  const known = !differences[entity.name as ServedName].hidden.includes(field.split('.')[0]!)
  const property = known ? sortProperties(entity).get(field) : undefined
  if (property) return { field: property, orderBy }
  warn(`sort: not a field that ${entity.collection} can be sorted by; the order is that of sourcedId`)
  return undefined
}

/** Undefined selects everything, also when a name is unknown. */
function readFields(entity: Entity, query: Query, warnings: Warning[]): readonly string[] | undefined {
  const given = query.filter(([name]) => name === 'fields').map(([, value]) => value)
  if (!given.length) return undefined
  const names = given.flatMap((value) => value.split(',')).map((name) => name.trim())
  if (names.every((name) => name === '')) {
    const codeMinor = 'invalid_blank_selection_field'
    throw coded('INVALID_SELECTION_FIELD', 'fields: expected names of fields, none came', { codeMinor })
  }
  const known = selectable(entity)
  if (names.every((name) => known.includes(name))) return [...new Set(names)]
  const description = `fields: not all of these are fields of ${entity.name}; whole records are returned`
  warnings.push({ codeMinor: 'invalid_selection_field', description })
  return undefined
}

function selectable(entity: Entity): readonly string[] {
  const { hidden, added, neverServed } = differences[entity.name as ServedName]
  return [...documentMembers(entity).filter((member) => !hidden.includes(member)), ...added, ...neverServed]
}
