import { documentMembers } from '../oneroster/documentSql'
import { propertyOf } from '../oneroster/fields'
import type { Filter } from '../oneroster/filterSql'
import type { Entity } from '../oneroster/model'
import { sortableFields } from '../oneroster/pageSql'
import { coded, type ErrorCode } from '../platform/errors'
import { typedFilter } from './typedFilter'

export interface Sort {
  readonly field: string
  readonly orderBy: 'asc' | 'desc'
}

/** What the query string of a list asks for, as one typed value. */
export interface ListParams {
  readonly limit: number
  readonly offset: number
  /** Opaque position behind the last row of the page before, from a `next` link. */
  readonly after?: string
  readonly filter?: Filter
  readonly sort?: Sort
  readonly fields?: readonly string[]
  /** All parameters but limit, offset and after, as links repeat them. */
  readonly repeated: readonly (readonly [string, string])[]
}

export const defaultLimit = 100
/** A greater limit is answered with pages of this size; the links and X-Total-Count tell that there is more. */
export const greatestLimit = 10_000
/** Int of the graph; an offset beyond it is beyond the end of any roster. */
export const greatestOffset = 2 ** 31 - 1

const codes: Readonly<Record<string, ErrorCode>> = {
  limit: 'INVALID_PAGE',
  offset: 'INVALID_PAGE',
  after: 'INVALID_PAGE',
  sort: 'INVALID_SORT_FIELD',
  orderBy: 'INVALID_SORT_FIELD',
  filter: 'INVALID_FILTER_FIELD',
  fields: 'INVALID_SELECTION_FIELD',
}

/**
 * Reads the query string of a list operation (REST binding 1.2, query parameters). Unknown parameters mean nothing and are repeated in links.
 * Throws INVALID_PAGE, INVALID_SORT_FIELD, INVALID_FILTER_FIELD or INVALID_SELECTION_FIELD for what is empty, repeated or not understood.
 */
export function readListParams(entity: Entity, search: string): ListParams {
  const query = readQuery(search, codes)
  const limit = wholeNumber(query, 'limit', 1)
  const offset = wholeNumber(query, 'offset', 0)
  const after = single(query, 'after')
  const filter = single(query, 'filter')
  const sort = readSort(entity, single(query, 'sort'), single(query, 'orderBy'))
  const fields = readFields(entity, query)
  return {
    limit: Math.min(limit ?? defaultLimit, greatestLimit),
    offset: Math.min(offset ?? 0, greatestOffset),
    ...(after === undefined ? {} : { after }),
    ...(filter === undefined ? {} : { filter: typedFilter(entity, filter) }),
    ...(sort ? { sort } : {}),
    ...(fields ? { fields } : {}),
    repeated: query.filter(([name]) => name !== 'limit' && name !== 'offset' && name !== 'after'),
  }
}

/** Reads the query string of an operation that answers one object: `fields`, and nothing else has a meaning. */
export function readOneParams(entity: Entity, search: string): { readonly fields?: readonly string[] } {
  const fields = readFields(entity, readQuery(search, { fields: codes['fields']! }))
  return fields ? { fields } : {}
}

export type Query = readonly (readonly [string, string])[]

/** Decodes form data (`+` is a blank). What cannot be decoded is an error in a parameter that we know, and nothing in any other. */
export function readQuery(search: string, known: Readonly<Record<string, ErrorCode>>): Query {
  return search.split('&').flatMap((part) => {
    const equals = part.indexOf('=')
    const name = decode(equals < 0 ? part : part.slice(0, equals))
    if (!name) return []
    const code = Object.hasOwn(known, name) ? known[name] : undefined
    const value = decode(equals < 0 ? '' : part.slice(equals + 1))
    if (value !== undefined && (value !== '' || !code)) return [[name, value] as const]
    if (!code) return []
    throw coded(code, `${name}: expected ${value === '' ? 'a value, none came' : 'percent-encoded UTF-8'}`)
  })
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** The value of a parameter that may come once. */
export function single(query: Query, name: string): string | undefined {
  const values = query.filter((pair) => pair[0] === name)
  if (values.length > 1) throw coded(codes[name]!, `${name}: expected once, came ${values.length} times`)
  return values[0]?.[1]
}

/** Throws INVALID_PAGE for what is no whole number from `least`. */
export function wholeNumber(query: Query, name: 'limit' | 'offset', least: number): number | undefined {
  const text = single(query, name)
  if (text === undefined) return undefined
  if (/^\d+$/.test(text) && Number(text) >= least) return Number(text)
  throw coded('INVALID_PAGE', `${name}: expected a whole number from ${least}`)
}

/** `sort` alone means ascending; `orderBy` alone (ClassLink sends it) orders by sourcedId, the default. */
function readSort(entity: Entity, field: string | undefined, orderBy: string | undefined): Sort | undefined {
  if (orderBy !== undefined && orderBy !== 'asc' && orderBy !== 'desc') {
    throw coded('INVALID_SORT_FIELD', 'orderBy: expected asc or desc')
  }
  if (field === undefined) return orderBy === 'desc' ? { field: 'sourcedId', orderBy } : undefined
  const property = sortProperties(entity).get(field)
  if (property) return { field: property, orderBy: orderBy ?? 'asc' }
  const names = [...sortProperties(entity).keys()].join(', ')
  throw coded('INVALID_SORT_FIELD', `sort: expected one field of ${entity.type} with a single value: ${names}`)
}

const sortCache = new Map<Entity, ReadonlyMap<string, string>>()

/** Names that clients may sort by and the graph's names for them: a reference is sorted by its sourcedId. */
export function sortProperties(entity: Entity): ReadonlyMap<string, string> {
  let names = sortCache.get(entity)
  if (!names) {
    const fields = sortableFields(entity).filter((field) => field.json !== 'absent')
    names = new Map(
      fields.flatMap((field): [string, string][] =>
        field.type === 'guidRef'
          ? [`${field.name}.sourcedId`, field.name].map((name) => [name, propertyOf(field)])
          : [[field.name, propertyOf(field)]],
      ),
    )
    sortCache.set(entity, names)
  }
  return names
}

/**
 * The selection, from a comma list or a repeated parameter. A name that the standard does not know is refused: the standard's text would
 * have the whole record returned, its OpenAPI document says 400, and only the latter cannot be misread (docs/rest.md).
 */
function readFields(entity: Entity, query: Query): readonly string[] | undefined {
  const given = query.filter(([name]) => name === 'fields')
  if (!given.length) return undefined
  const names = given.flatMap(([, value]) => value.split(',')).map((name) => name.trim())
  const known = documentMembers(entity)
  const position = names.findIndex((name) => !known.includes(name) && !neverServed.has(name))
  if (position >= 0) {
    const what = names[position] === '' ? 'is blank' : 'is unknown'
    throw coded(
      'INVALID_SELECTION_FIELD',
      `fields: item ${position + 1} ${what}; expected fields of ${entity.type}: ${known.join(', ')}`,
    )
  }
  return [...new Set(names)].filter((name) => known.includes(name))
}

/** Members of the standard that we have no value for: legal to select, absent in the answer. */
const neverServed: ReadonlySet<string> = new Set(['resources', 'password'])
