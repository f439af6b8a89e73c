import { columnOf, isList, propertyOf, type Field } from './fields'
import { filterSql, parameters, type Filter, type Parameters } from './filterSql'
import { isDate } from './formats'
import { documentReadSql, type DocumentReading } from './documentSql'
import { InvalidValue } from './invalid'
import type { Entity } from './model'

/** What a list asks for: which rows, in which order, which part of them. */
export interface ListRequest {
  readonly entity: Entity
  readonly tenantId: number
  /** Narrows the entity to a collection or a relation; see subsets.ts of each subgraph. */
  readonly subset?: Subset
  readonly filter?: Filter | null
  readonly sort?: { readonly field: string; readonly orderBy?: 'asc' | 'desc' | null } | null
  readonly limit: number
  readonly offset: number
  /** Opaque position of the last row of the page before; takes the place of offset. */
  readonly after?: string | null
  /** Whether the object that the list hangs on is there, as an SQL condition; `rendered` answers it beside the page. */
  readonly parentExists?: Subset
  /** Users' documents with the inverse of `agents` (documentSql.ts). */
  readonly agentOf?: boolean
  /** Documents rendered from the columns that the caller sees (documentSql.ts). */
  readonly anew?: boolean
}

/** SQL condition over the rows under `t`; relations get the parent's sourcedId as an SQL expression. */
export type Subset = (parent: string) => string

export interface Statement {
  readonly text: string
  readonly values: unknown[]
}

/** What of a list is asked for. */
export type ListPart = 'rendered' | 'short' | 'items' | 'total'

/**
 * One statement for one part of a list.
 * - `rendered`: one row {rendered: "document,document,…", rows, lastKey, lastId, version}, with parentExists where that is asked for;
 *   `rendered` is null when it would be longer than 100 MB
 * - `short`: the same without the last three, which a page that is not full does not need
 * - `items`: a row for each record, under the model's property names, with sortKey
 * - `total`: one row {total, version}: how many records the same predicate finds without the page
 * With several parents the same for each of them at once, every row carrying its `parent` (children of many parents come in one statement).
 */
export function listSql(
  part: ListPart,
  request: ListRequest,
  parents?: readonly string[],
  fields?: ReadonlySet<string>,
): Statement {
  const params = parameters(request.tenantId)
  if (!parents || parents.length === 1) {
    const text = partSql(part, request, params, parents ? params.add(parents[0]) : '', fields)
    return { text, values: params.values }
  }
  const list = params.add(parents)
  const text = `select p.parent, page.* from unnest(${list}::text[]) as p(parent) cross join lateral (${partSql(part, request, params, 'p.parent', fields)}) page`
  return { text, values: params.values }
}

function partSql(
  part: ListPart,
  request: ListRequest,
  params: Parameters,
  parent: string,
  fields?: ReadonlySet<string>,
): string {
  const { entity } = request
  const where = predicateSql(request, params, parent)
  if (part === 'total') return `select count(*)::int as total, ${versionSql} from ${entity.table} t where ${where}`
  const order = orderOf(request)
  const { agentOf = false, anew = false, parentExists } = request
  const rows =
    part === 'short' && isOfChanges(request.filter) ? fewRowsSql(entity, where) : `${entity.table} t where ${where}`
  const from = `from ${rows}${pageSql(request, order, params)}`
  if (part === 'items') return `select ${columnsSql(entity, 't')}, ${order.key}::text as "sortKey" ${from}`
  const document = documentReadSql(entity, 't', { only: fields, agentOf, anew })
  const [last, keys] = part === 'short' ? ['', ''] : [lastSql, `, t.sourced_id, ${order.key}::text as sort_key`]
  const parentSql = parentExists ? `, (${parentExists(parent)}) as "parentExists"` : ''
  return (
    `select case when coalesce(sum(octet_length(document)), 0) <= ${mostPageBytes} then coalesce(string_agg(document, ','), '') end as rendered,` +
    ` count(*)::int as rows${last}${parentSql}` +
    ` from (select ${document} as document${keys} ${from}) rows`
  )
}

/**
 * A page of 10,000 users is 8 MB; a row of a CSV may have one alone. What JavaScript cannot hold as one string (512 MB) would end the process, and
 * with it everybody's requests.
 */
const mostPageBytes = 100 * 1024 ** 2

/** Whether the filter asks for what changed since, and for nothing else. */
export function isOfChanges(filter: Filter | null | undefined): boolean {
  return !!filter && Object.keys(filter).every((name) => name === 'dateLastModified')
}

/**
 * What changed since, where few rows are expected: found first, then sorted. A prepared statement is also planned for any values, and PostgreSQL
 * takes that plan where it looks cheaper; it would expect a third of the table and walk it in the page's order. `offset 0` keeps page and order out
 * of that choice, and a condition with two ends counts as narrow.
 */
function fewRowsSql(entity: Entity, where: string): string {
  const narrow = `t.date_last_modified >= '-infinity' and t.date_last_modified <= 'infinity'`
  return `(select * from ${entity.table} t where ${where} and ${narrow} offset 0) t where true`
}

/** One record by tenant ($1) and sourcedId ($2), within a subset (whose parent is $3): its columns, or its document alone. */
export function recordSql(
  entity: Entity,
  what: 'columns' | 'document',
  subset?: Subset,
  reading?: DocumentReading,
): string {
  const columns = what === 'columns' ? columnsSql(entity, 't') : `${documentReadSql(entity, 't', reading)} as document`
  const within = subset ? ` and (${subset('$3')})` : ''
  return `select ${columns} from ${entity.table} t where t.tenant_id = $1 and t.sourced_id = $2${within}`
}

/** The model's columns under their property names, secrets left out. */
export function columnsSql(entity: Entity, alias: string): string {
  return entity.fields
    .filter((field) => !field.secret)
    .map((field) => `${alias}.${columnOf(field)} as "${propertyOf(field)}"`)
    .join(', ')
}

/** The stamp of the tenant's last change: a total counted under it stays true while it stays the same. */
const versionSql = '(select s.stamp from roster_state s where s.tenant_id = $1) as version'

const lastSql = `, (array_agg(sort_key))[count(*)] as "lastKey", (array_agg(sourced_id))[count(*)] as "lastId", ${versionSql}`

function pageSql(request: ListRequest, order: Order, params: Parameters): string {
  const position = request.after ? ` and ${positionSql(request.after, order, params)}` : ''
  const direction = order.descending ? ' desc' : ''
  const keys = order.key === 't.sourced_id' ? [order.key] : [order.key, 't.sourced_id']
  const offset = request.after || !request.offset ? '' : ` offset ${params.add(request.offset)}`
  return `${position} order by ${keys.map((key) => key + direction).join(', ')} limit ${params.add(request.limit)}${offset}`
}

/**
 * Tenant, subset and the caller's filter; the filter is bracketed, so that an OR in it can never widen the other two.
 * The same predicate makes items and total.
 */
function predicateSql(request: ListRequest, params: Parameters, parent: string): string {
  const filter = filterSql(request.entity, request.filter, 't', params)
  const subset = request.subset ? `(${request.subset(parent)})` : 'true'
  return `t.tenant_id = $1 and ${subset} and (${filter})`
}

interface Order {
  readonly key: string
  readonly cast: '::text' | '::date' | '::timestamptz'
  readonly descending: boolean
}

/** Order by code point, absent values first, always ending in sourcedId so that paging is stable (REST binding, sorting). */
function orderOf({ entity, sort }: ListRequest): Order {
  const descending = sort?.orderBy === 'desc'
  if (!sort || sort.field === 'sourcedId') return { key: 't.sourced_id', cast: '::text', descending }
  const field = sortableFields(entity).find((candidate) => propertyOf(candidate) === sort.field)
  if (!field) throw new InvalidValue('sort', sort.field, `not a field that ${entity.type} can be sorted by`)
  const column = `t.${columnOf(field)}`
  const always = field.csvRequired === 'delta'
  if (field.type === 'date') return { key: `coalesce(${column}, '-infinity')`, cast: '::date', descending }
  if (field.type === 'dateTime') return { key: column, cast: '::timestamptz', descending }
  if (field.type === 'boolean') return { key: `coalesce(${column}::text, '')`, cast: '::text', descending }
  return { key: always ? column : `coalesce(${column}, '')`, cast: '::text', descending }
}

/** Fields with one plain value: everything but lists and open objects. */
export function sortableFields(entity: Entity): Field[] {
  return entity.fields.filter(
    (field) => !isList(field) && !field.secret && field.type !== 'metadata' && field.type !== 'userIdList',
  )
}

/** What keys look like, as PostgreSQL writes them: a position of another order is none of this one. */
const isKeyOf: Record<Order['cast'], (key: string) => boolean> = {
  '::text': () => true,
  '::date': (key) => key === '-infinity' || isDate(key),
  '::timestamptz': (key) => time.test(key) && isDate(key.slice(0, 10)),
}
const time = /^.{10} ([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d)?$/

function positionSql(after: string, order: Order, params: Parameters): string {
  const [key, id] = decodePosition(after)
  if (!isKeyOf[order.cast](key)) throw notGivenOut()
  const comparison = order.descending ? '<' : '>'
  if (order.key === 't.sourced_id') return `t.sourced_id ${comparison} ${params.add(id)}`
  return `(${order.key}, t.sourced_id) ${comparison} (${params.add(key)}${order.cast}, ${params.add(id)}::text)`
}

/** Position behind a row, opaque to clients. */
export function encodePosition(key: string, sourcedId: string): string {
  return Buffer.from(JSON.stringify([key, sourcedId])).toString('base64url')
}

function decodePosition(after: string): [string, string] {
  try {
    const position: unknown = JSON.parse(Buffer.from(after, 'base64url').toString())
    if (
      Array.isArray(position) &&
      position.length === 2 &&
      position.every((part) => typeof part === 'string' && !part.includes('\0'))
    ) {
      return position as [string, string]
    }
  } catch {
    // Falls through to the one error below.
  }
  throw notGivenOut()
}

function notGivenOut(): InvalidValue {
  return new InvalidValue('page', 'after', 'not a position that this hub gave out for this order')
}
