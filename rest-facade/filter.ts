import { coded } from '../platform/errors'

/** The predicates of the standard and their names in the graph. */
export const predicates = {
  '=': 'eq',
  '!=': 'ne',
  '>': 'gt',
  '>=': 'ge',
  '<': 'lt',
  '<=': 'le',
  '~': 'contains',
} as const
export type Predicate = keyof typeof predicates

export interface Clause {
  readonly field: string
  readonly predicate: Predicate
  readonly value: string
  /** Where field and predicate start in the text, counted from 1, for messages. */
  readonly fieldAt: number
  readonly predicateAt: number
}

export interface Expression {
  /** One or two. */
  readonly clauses: readonly Clause[]
  readonly logical?: 'AND' | 'OR'
}

/**
 * Parses a filter: `clause [SP logical SP clause]`, a clause being `field predicate 'value'` (OneRoster 1.2 REST binding, filtering).
 * A quote inside a value is doubled. Blanks around a predicate and lower-case `and`, `or` are tolerated.
 * Throws INVALID_FILTER_FIELD with the position (from 1) and what was expected there.
 */
export function parseFilter(text: string): Expression {
  const reader = readerOf(text)
  reader.blanks()
  const first = clause(reader)
  const separated = reader.blanks()
  if (reader.atEnd()) return { clauses: [first] }
  const logical = reader.take(/(?:and|or)(?![A-Za-z0-9_.])/iy)
  if (!separated || !logical) throw reader.expected('AND or OR between blanks, or the end')
  if (!reader.blanks()) throw reader.expected(`a blank after ${logical.toUpperCase()}`)
  const second = clause(reader)
  reader.blanks()
  if (!reader.atEnd()) throw reader.expected('the end: a filter has two clauses at most and no parentheses')
  return { clauses: [first, second], logical: logical.toUpperCase() as 'AND' | 'OR' }
}

/** Names of the model are ASCII; only keys of metadata are free, up to what a predicate starts with. */
const fieldName = /metadata\.[^\s=!<>~']+|[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*/y
/** Longest match: `>=` before `>`, `!=` before `=`. */
const predicateSign = /!=|>=|<=|[=><~]/y
const quoted = /'(?:[^']|'')*'(?!')/y

function clause(reader: ReturnType<typeof readerOf>): Clause {
  const fieldAt = reader.position()
  const field = reader.take(fieldName)
  if (!field) throw reader.expected('the name of a field')
  reader.blanks()
  const predicateAt = reader.position()
  const predicate = reader.take(predicateSign) as Predicate | undefined
  if (!predicate) throw reader.expected(`one of ${Object.keys(predicates).join(' ')}`)
  reader.blanks()
  const value = reader.take(quoted)
  if (value === undefined) throw reader.expected("a value in single quotes, with quotes inside it doubled ('')")
  return { field, predicate, value: value.slice(1, -1).replaceAll("''", "'"), fieldAt, predicateAt }
}

/** A place in the text that moves forward. */
function readerOf(text: string) {
  let at = 0
  /** What the sticky pattern matches here. */
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const atEnd = () => at === text.length
  return {
    take,
    atEnd,
    position: () => at + 1,
    /** Passes blanks; true when there was one. */
    blanks: () => take(/ +/y) !== undefined,
    /** The error for this place. It says where, not what stands there: a value may be personal. */
    expected: (what: string) =>
      coded(
        'INVALID_FILTER_FIELD',
        `filter: position ${at + 1}${atEnd() ? ', where the filter ends' : ''}: expected ${what}`,
      ),
  }
}
