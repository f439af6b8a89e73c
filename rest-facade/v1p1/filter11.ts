import { differences, roleOrder, type ShownTokens } from '../../oneroster/differences11'
import type { Filter } from '../../oneroster/filterSql'
import type { Entity } from '../../oneroster/model'
import { parseFilter, type Clause, type Predicate } from '../filter'
import { clauseFilter, filterFields, invalid } from '../typedFilter'
import type { ServedName } from './shape'

/** What a filter of 1.1 is read against: the day that decides which roles count, and the role of a collection of one kind of user. */
export interface FilterScope {
  readonly day: string
  readonly role?: string | undefined
}

/** Holds for every row, and for none. */
const everything: Filter = { AND: [] }
const nothing: Filter = { OR: [] }

/**
 * The typed filter of the graph for a filter of 1.1: its field names, and values as 1.1 shows them. Throws INVALID_FILTER_FIELD for a
 * field that 1.1 does not know and for whatever is not understood in full.
 */
export function typedFilter11(entity: Entity, text: string, scope: FilterScope): Filter {
  const { clauses, logical } = parseFilter(text)
  const [first, second] = clauses.map((clause) => filterOf(entity, clause, scope))
  return second && logical ? { [logical]: [first, second] } : first!
}

function filterOf(entity: Entity, clause: Clause, scope: FilterScope): Filter {
  const { hidden, tokens } = differences[entity.name as ServedName]
  const [name = '', ...inner] = clause.field.split('.')
  if (entity.name === 'user' && clause.field === 'role') return roleFilter(clause, scope)
  if (entity.name === 'user' && name === 'orgs') return orgsFilter(clause, inner, scope)
  if (hidden.includes(name) || (name !== 'metadata' && !filterFields(entity).has(clause.field))) {
    throw invalid(clause.fieldAt, `a field of ${entity.type} in OneRoster 1.1; ${clause.field} is none`)
  }
  const rule = tokens[clause.field]
  if (rule) return tokenFilter(clause, rule)
  // Clients write booleans as their language prints them: 'True'.
  if (name !== 'metadata' && entity.fields.some((field) => field.name === name && field.type === 'boolean')) {
    return clauseFilter(entity, { ...clause, value: clause.value.toLowerCase() })
  }
  return clauseFilter(entity, clause)
}

/** `/users` compares with the role that it shows; in a collection of one kind of user every row shows the same. */
function roleFilter({ predicate, value }: Clause, { day, role: only }: FilterScope): Filter {
  if (only) return holds(predicate, only, value) ? everything : nothing
  const role = roleOrder.filter((token) => holds(predicate, token, value))
  if (role.length === roleOrder.length) return everything
  return role.length ? { rolesOnDay: { day, role } } : nothing
}

function orgsFilter(clause: Clause, inner: readonly string[], { day }: FilterScope): Filter {
  if (inner.length > 1 || (inner[0] ?? 'sourcedId') !== 'sourcedId') {
    throw invalid(clause.fieldAt, `orgs or orgs.sourcedId; ${clause.field} is no field of User in OneRoster 1.1`)
  }
  const is: Filter = { rolesOnDay: { day, org: clause.value } }
  if (clause.predicate === '=') return is
  if (clause.predicate === '!=') return { NOT: is }
  if (clause.predicate !== '~') throw invalid(clause.predicateAt, `one of = != ~ for ${clause.field}`)
  const sourcedId = { contains: clause.value }
  return { OR: [{ primaryOrg: { sourcedId } }, { roles: { org: { sourcedId } } }] }
}

/** A comparison with what is shown is one with every stored token that is shown so. A value outside the vocabulary finds nothing. */
function tokenFilter({ field, predicate, value }: Clause, rule: ShownTokens): Filter {
  const { accepts = {} } = rule
  const wanted = Object.hasOwn(accepts, value) ? accepts[value]! : value
  const matches = (shown: string | null | undefined) =>
    shown === null || shown === undefined ? predicate === '!=' : holds(predicate, shown, wanted)
  const tokens = Object.keys(rule.shows).filter((token) => matches(rule.shows[token]))
  const parts: Filter[] = tokens.length ? [{ [field]: { in: tokens } }] : []
  const isExtension = { [field]: { contains: 'ext:' } }
  const hasParent = { parent: { sourcedId: { ge: '' } } }
  const below = rule.extensionBelowParent
  if (rule.extension !== undefined && matches(rule.extension)) {
    parts.push(below === undefined ? isExtension : { AND: [isExtension, { NOT: hasParent }] })
  }
  if (below !== undefined && matches(below)) parts.push({ AND: [isExtension, hasParent] })
  if (matches(rule.absent)) parts.push({ NOT: { [field]: { ge: '' } } })
  return parts.length === 1 ? parts[0]! : { OR: parts }
}

/** The predicates of the standard on plain text; `~` does not regard case. */
function holds(predicate: Predicate, shown: string, value: string): boolean {
  switch (predicate) {
    case '=':
      return shown === value
    case '!=':
      return shown !== value
    case '>':
      return shown > value
    case '>=':
      return shown >= value
    case '<':
      return shown < value
    case '<=':
      return shown <= value
    case '~':
      return shown.toLowerCase().includes(value.toLowerCase())
  }
}
