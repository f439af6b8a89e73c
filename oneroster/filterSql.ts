import { checkFilter } from './checkFilter'
import { containsSql, lowerSql } from './containsSql'
import { columnOf, equalityColumnOf, isEmptyWhenAbsent, isList, isReference, propertyOf, type Field } from './fields'
import { hasTime, instantText, readInstant } from './instant'
import { InvalidValue } from './invalid'
import { entities, type Entity } from './model'
import { rolesOnDaySql, type RolesOnDay } from './rolesOnDaySql'
import { heldSql } from './heldSql'

/** Collects the values of a statement; `add` answers the placeholder. */
export interface Parameters {
  readonly values: unknown[]
  add(value: unknown): string
}

/** Starts with the given values as $1, $2, … */
export function parameters(...initial: unknown[]): Parameters {
  const values = [...initial]
  return { values, add: (value) => `$${values.push(value)}` }
}

/** The typed filter of GraphQL (`OrgFilter`, `UserFilter`, …): AND/OR/NOT of objects, else field → predicate. */
export interface Filter {
  readonly AND?: readonly Filter[] | null
  readonly OR?: readonly Filter[] | null
  readonly NOT?: Filter | null
  readonly [field: string]: unknown
}
type Predicate = Readonly<Record<string, unknown>>

const comparisons: Record<string, string> = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' }

/**
 * One bracketed SQL condition for a filter on rows of `entity` under `alias`; `true` for an empty one.
 * Comparison rules: strings by code point, `contains` without regard to case, dates as instants, an absent value fails everything but `ne`
 * (OneRoster 1.2 REST binding, filtering). Throws InvalidValue('filter') for values that do not fit the field.
 */
export function filterSql(
  entity: Entity,
  filter: Filter | null | undefined,
  alias: string,
  params: Parameters,
): string {
  if (!filter) return 'true'
  checkFilter(filter)
  return conditionSql(entity, filter, alias, params)
}

function conditionSql(entity: Entity, filter: Filter, alias: string, params: Parameters): string {
  const clauses: string[] = []
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined) continue
    if (name === 'NOT') clauses.push(`(${conditionSql(entity, value as Filter, alias, params)} is not true)`)
    else if (name === 'AND' || name === 'OR') {
      const parts = (value as Filter[]).map((part) => conditionSql(entity, part, alias, params))
      // An empty OR holds for nothing, an empty AND for everything, as in logic; neither may fall back to "no filter" by accident.
      clauses.push(parts.length ? `(${parts.join(` ${name} `)})` : name === 'OR' ? 'false' : 'true')
    } else clauses.push(fieldSql(entity, name, value as Predicate, alias, params))
  }
  return clauses.length ? `(${clauses.join(' and ')})` : 'true'
}

function fieldSql(entity: Entity, name: string, predicate: Predicate, alias: string, params: Parameters): string {
  const derived = derivedConditions[entity.name]?.[name]
  if (derived) return derived(predicate, alias, params)
  const nested = nestedLists[entity.name]?.[name]
  if (nested) return nestedSql(nested, predicate, alias, params)
  const field = entity.fields.find((candidate) => candidate.name === name)
  if (!field || field.secret) throw new InvalidValue('filter', name, `no such field of ${entity.type}`)
  const column = `${alias}.${columnOf(field)}`
  if (field.type === 'metadata') return metadataSql(column, value(predicate), params)
  if (field.type === 'userIdList') return userIdsSql(column, predicate, params)
  if (isReference(field)) {
    const inner = (predicate['sourcedId'] ?? {}) as Predicate
    return field.type === 'guidRefs' ? listSql(column, inner, params) : scalarSql(field, column, inner, params)
  }
  return isList(field) ? listSql(column, predicate, params) : scalarSql(field, column, predicate, params)

  function value(raw: unknown): Predicate[] {
    return Array.isArray(raw) ? raw : [raw as Predicate]
  }
}

/** Conditions on what follows from several fields. */
const derivedConditions: Record<string, Record<string, typeof rolesOnDay>> = { user: { rolesOnDay } }

function rolesOnDay(predicate: Predicate, alias: string, params: Parameters): string {
  return rolesOnDaySql(predicate as unknown as RolesOnDay, alias, params)
}

/** The lists of objects of a user are rows of tables of their own. */
const nestedLists: Record<string, Record<string, Entity>> = {
  user: { roles: entities.role, userProfiles: entities.userProfile },
}

/** Any element fulfils all the positive predicates; `ne` is the negation of `eq`: no element equals. */
function nestedSql(entity: Entity, predicate: Predicate, alias: string, params: Parameters): string {
  const element = (conditions: string) =>
    `exists (select 1 from ${entity.table} e where e.tenant_id = ${alias}.tenant_id and e.user_sourced_id = ${alias}.sourced_id` +
    ` and ${heldSql('e', alias)} and ${conditions})`
  const positive: string[] = []
  const negative: string[] = []
  for (const [name, operators] of Object.entries(predicate)) {
    const leaf = operators as Predicate
    const isRef = leaf['sourcedId'] !== undefined
    const { ne, ...others } = (isRef ? leaf['sourcedId'] : leaf) as Predicate
    const wrap = (operator: Predicate) => (isRef ? { sourcedId: operator } : operator)
    if (Object.keys(others).length) positive.push(fieldSql(entity, name, wrap(others), 'e', params))
    if (ne !== undefined) negative.push(fieldSql(entity, name, wrap({ eq: ne }), 'e', params))
  }
  const clauses = negative.map((condition) => `not ${element(condition)}`)
  if (positive.length) clauses.push(element(positive.join(' and ')))
  return clauses.length ? `(${clauses.join(' and ')})` : 'true'
}

function scalarSql(field: Field, stored: string, predicate: Predicate, params: Parameters): string {
  const name = propertyOf(field)
  // Callers compare with what is served.
  const column = isEmptyWhenAbsent(field) ? `coalesce(${stored}, '')` : stored
  const cast = field.type === 'date' ? '::date' : field.type === 'dateTime' ? '::timestamptz' : ''
  const add = (raw: unknown) => params.add(scalarValue(field, raw)) + cast
  const clauses = operators(predicate).map(([operator, raw]) => {
    // Dates compare as instants: a day is its first one.
    if (field.type === 'date' && operator !== 'in' && hasTime(String(raw))) {
      const dateTime = { ...field, type: 'dateTime' as const }
      return scalarSql(dateTime, `(${stored}::timestamp at time zone 'UTC')`, { [operator]: raw }, params)
    }
    const twin = stored.replace(columnOf(field), equalityColumnOf(field))
    if (field.caseless && (operator === 'eq' || operator === 'ne')) {
      return `${twin} ${operator === 'eq' ? '=' : 'is distinct from'} ${lowerSql(`${add(raw)}::text`)}`
    }
    if (comparisons[operator]) return `${column} ${comparisons[operator]} ${add(raw)}`
    if (operator === 'ne') return `${column} is distinct from ${add(raw)}`
    if (operator === 'in') {
      const values = (raw as unknown[]).map((item) => scalarValue(field, item))
      const list = params.add(values)
      if (field.caseless) return `${twin} = any(array(select ${lowerSql('v')} from unnest(${list}::text[]) v))`
      return `${column} = any(${list})`
    }
    if (operator === 'contains' && cast === '' && field.type !== 'boolean')
      return containsSql(column, textValue(name, raw), params)
    throw new InvalidValue('filter', name, `the predicate ${operator} does not fit a ${field.type}`)
  })
  return conjunction(clauses)
}

/** Lists of strings and of references: any element equals, no element equals, any element contains. */
function listSql(column: string, predicate: Predicate, params: Parameters): string {
  const clauses = operators(predicate).map(([operator, raw]) => {
    const name = column.slice(column.indexOf('.') + 1)
    const sought = textValue(name, raw)
    if (operator === 'eq') return `coalesce(${column} @> array[${params.add(sought)}::text], false)`
    if (operator === 'ne') return `not coalesce(${column} @> array[${params.add(sought)}::text], false)`
    if (operator === 'contains') {
      return `exists (select 1 from unnest(${column}) item where ${containsSql('item', sought, params)})`
    }
    throw new InvalidValue('filter', name, 'lists take eq, ne and contains only')
  })
  return conjunction(clauses)
}

function userIdsSql(column: string, predicate: Predicate, params: Parameters): string {
  const clauses = Object.entries(predicate).flatMap(([member, inner]) =>
    operators(inner as Predicate).map(([operator, raw]) => {
      const item = `id ->> '${member === 'type' ? 'type' : 'identifier'}'`
      const sought = textValue(`userIds.${member}`, raw)
      const any = (condition: string) => `exists (select 1 from jsonb_array_elements(${column}) id where ${condition})`
      if (operator === 'eq') return any(`${item} = ${params.add(sought)}`)
      if (operator === 'ne') return `not ${any(`${item} = ${params.add(sought)}`)}`
      if (operator === 'contains') return any(containsSql(`(${item})`, sought, params))
      throw new InvalidValue('filter', `userIds.${member}`, 'lists take eq, ne and contains only')
    }),
  )
  return conjunction(clauses)
}

/** JSON metadata keys may contain dots: the name is a literal key first, then a path (docs/decisions/metadata.md). */
function metadataSql(column: string, predicates: Predicate[], params: Parameters): string {
  const clauses = predicates.flatMap(({ key, ...predicate }) => {
    if (!Object.keys(predicate).length) return []
    const name = params.add(textValue('metadata', key))
    const member = `coalesce(${column} ->> ${name}::text, ${column} #>> string_to_array(${name}::text, '.'))`
    return operators(predicate).map(([operator, raw]) => {
      const sought = textValue(`metadata.${String(key)}`, raw)
      if (comparisons[operator]) return `${member} collate "C" ${comparisons[operator]} ${params.add(sought)}`
      if (operator === 'ne') return `${member} is distinct from ${params.add(sought)}`
      if (operator === 'contains') return containsSql(member, sought, params)
      throw new InvalidValue('filter', `metadata.${String(key)}`, `unknown predicate ${operator}`)
    })
  })
  return conjunction(clauses)
}

function operators(predicate: Predicate): [string, unknown][] {
  return Object.entries(predicate).filter(([, raw]) => raw !== undefined)
}

function conjunction(clauses: string[]): string {
  return clauses.length ? `(${clauses.join(' and ')})` : 'true'
}

function scalarValue(field: Field, raw: unknown): unknown {
  if (field.type === 'boolean') {
    if (raw === true || raw === 'true') return true
    if (raw === false || raw === 'false') return false
    throw new InvalidValue('filter', field.name, 'expected true or false')
  }
  if (field.type === 'date' || field.type === 'dateTime') {
    const text = String(raw)
    const instant = readInstant(text)
    if (!instant) throw new InvalidValue('filter', field.name, `expected ${expectedInstants[field.type]}`)
    return field.type === 'date' && !hasTime(text) ? text : instantText(text, instant)
  }
  return textValue(field.name, raw)
}

/** What a filter may say of dates, for messages. */
export const expectedInstants = { date: 'a date YYYY-MM-DD', dateTime: 'a dateTime YYYY-MM-DDThh:mm:ss.sssZ' } as const

/** PostgreSQL text cannot hold NUL; nothing stored can equal it, and the statement must not fail on it. */
function textValue(name: string, raw: unknown): string {
  const text = String(raw)
  if (text.includes('\0')) throw new InvalidValue('filter', name, 'the character NUL cannot occur')
  return text
}
