import type { FieldType } from '../oneroster/fields'
import { expectedInstants, type Filter } from '../oneroster/filterSql'
import { readInstant } from '../oneroster/instant'
import { entities, type Entity } from '../oneroster/model'
import { coded } from '../platform/errors'
import { parseFilter, predicates, type Clause, type Predicate } from './filter'

/** A value of the standard that a filter may name: its dotted path, the type that decides on predicates, its place in the typed filter. */
export interface FilterField {
  readonly path: string
  readonly type: FieldType
  readonly inList: boolean
  readonly place: readonly string[]
}

const equality: readonly Predicate[] = ['=', '!=']
const ordered: readonly Predicate[] = [...equality, '>', '>=', '<', '<=']
const all: readonly Predicate[] = [...ordered, '~']

/** Predicates that fit a value. Lists know no order; parts of dates and booleans are nothing to look for. */
export function predicatesOf({ type, inList }: Pick<FilterField, 'type' | 'inList'>): readonly Predicate[] {
  if (type === 'boolean') return equality
  if (type === 'date' || type === 'dateTime') return inList ? equality : ordered
  return inList ? [...equality, '~'] : all
}

/**
 * The typed filter of the graph for a filter text on rows of `entity`. Throws INVALID_FILTER_FIELD, with position and what was expected,
 * for whatever is not understood in full: there is no falling back to an unfiltered list (REST binding, filtering).
 */
export function typedFilter(entity: Entity, text: string): Filter {
  const { clauses, logical } = parseFilter(text)
  const [first, second] = clauses.map((clause) => clauseFilter(entity, clause))
  return second && logical ? { [logical]: [first, second] } : first!
}

/** The typed filter of one clause. Throws INVALID_FILTER_FIELD. */
export function clauseFilter(entity: Entity, clause: Clause): Filter {
  const operator = predicates[clause.predicate]
  if (`${clause.field}${clause.value}`.includes('\0')) throw invalid(clause.fieldAt, 'no NUL, which no value holds')
  if (clause.field.startsWith('metadata.')) {
    checkPredicate(clause, { type: 'string', inList: false })
    return { metadata: [{ key: clause.field.slice('metadata.'.length), [operator]: clause.value }] }
  }
  const fields = filterFields(entity)
  const field = fields.get(clause.field)
  if (!field) {
    const names = [...fields.keys(), 'metadata.<key>'].join(', ')
    throw invalid(clause.fieldAt, `a field of ${entity.type} that can be filtered by: ${names}`)
  }
  checkPredicate(clause, field)
  const leaf: Record<string, unknown> = { [operator]: valueOf(clause, field) }
  return field.place.reduceRight((inner, name) => ({ [name]: inner }), leaf)
}

function checkPredicate({ predicate, predicateAt, field }: Clause, kind: Pick<FilterField, 'type' | 'inList'>): void {
  const allowed = predicatesOf(kind)
  if (!allowed.includes(predicate)) throw invalid(predicateAt, `one of ${allowed.join(' ')} for ${field}`)
}

/** Booleans are strings in JSON and Booleans in the graph. */
function valueOf(clause: Clause, { type }: FilterField): unknown {
  const valueAt = clause.predicateAt + clause.predicate.length
  if (type === 'boolean') {
    if (clause.value !== 'true' && clause.value !== 'false') {
      throw invalid(valueAt, `'true' or 'false' for ${clause.field}`)
    }
    return clause.value === 'true'
  }
  if (type !== 'dateTime' && type !== 'date') return clause.value
  // A plus sign that nobody percent-encoded arrives as a blank: 2026-04-01T00:00:00 09:00.
  const text = clause.value.replace(/(?<=T\S*) (?=\d{2}:?\d{2}$)/, '+')
  if (!readInstant(text)) throw invalid(valueAt, `${expectedInstants[type]} for ${clause.field}`)
  return text
}

/** The error for a place in a filter: where, and what was expected there. */
export function invalid(position: number, expected: string) {
  return coded('INVALID_FILTER_FIELD', `filter: position ${position}: expected ${expected}`)
}

const cache = new Map<Entity, ReadonlyMap<string, FilterField>>()

/** Everything of an entity that a filter may name, by dotted path, metadata excepted. */
export function filterFields(entity: Entity): ReadonlyMap<string, FilterField> {
  const known = cache.get(entity)
  if (known) return known
  const list = fieldsOf(entity, '', [], false)
  if (entity.name === 'user') {
    list.push(...fieldsOf(entities.role, 'roles.', ['roles'], true))
    list.push(...fieldsOf(entities.userProfile, 'userProfiles.', ['userProfiles'], true))
    // A user of 1.1 had one role; its clients still ask for it by that name (REST binding 1.1).
    const role = list.find(({ path }) => path === 'roles.role')!
    list.push({ ...role, path: 'role' })
  }
  const fields = new Map(list.map((field) => [field.path, field]))
  cache.set(entity, fields)
  return fields
}

function fieldsOf(entity: Entity, prefix: string, place: readonly string[], inList: boolean): FilterField[] {
  return entity.fields.flatMap((field): FilterField[] => {
    if (field.json === 'absent' || field.secret) return []
    const path = prefix + field.name
    const at = [...place, field.name]
    switch (field.type) {
      // Open objects are named by key; profileId is a URI that the rows do not hold.
      case 'metadata':
      case 'profileRef':
        return []
      case 'userIdList':
        return ['type', 'identifier'].map((member) => ({
          path: `${path}.${member}`,
          type: 'string',
          inList: true,
          place: [...at, member],
        }))
      case 'guidRef':
      case 'guidRefs': {
        const reference = {
          type: 'guid' as const,
          inList: inList || field.type === 'guidRefs',
          place: [...at, 'sourcedId'],
        }
        // Some clients leave out the member: class='…' (Moodle).
        return [
          { path: `${path}.sourcedId`, ...reference },
          { path, ...reference },
        ]
      }
      default:
        return [{ path, type: field.type, inList: inList || field.type === 'stringList', place: at }]
    }
  })
}
