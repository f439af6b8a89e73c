import { differences, type ShownTokens } from '../../oneroster/differences11'
import { entities } from '../../oneroster/model'
import { userMembers } from './userMembers'

/** A document as JSON holds it. */
export type Document = Readonly<Record<string, unknown>>
export type ServedName = keyof typeof differences

/** How a client wants 1.1 answered (access subgraph: OneRoster11), and what the request brings with it. */
export interface View {
  readonly jsonBooleans: boolean
  readonly identifierFallback: boolean
  /** YYYY-MM-DD; roles that are not valid on it are not shown. */
  readonly day: string
  /** Where hrefs lead: the address of the 1.1 service. */
  readonly baseUrl: string
  /** In collections of one kind of user: the role that all of them show. */
  readonly role?: string | undefined
  /** The members asked for; undefined: all. */
  readonly fields?: readonly string[] | undefined
}

/**
 * The document of OneRoster 1.1 for a document of 1.2, as the table of differences says. Pure; a page of 10,000 users takes a fraction of
 * a second (docs/rest.md), so that no second document needs to be stored.
 */
export function shape(name: ServedName, document: Document, view: View): Record<string, unknown> {
  const { hidden, lists, tokens } = differences[name]
  const shown: Record<string, unknown> = {}
  for (const member of Object.keys(document)) if (!hidden.includes(member)) shown[member] = document[member]
  for (const field in tokens) showToken(shown, field, tokens[field]!)
  for (const list of lists) shown[list] ??= []
  if (shown['metadata']) shown['metadata'] = flatten(shown['metadata'] as Document)
  if (view.jsonBooleans) for (const flag of flags[name]) if (flag in shown) shown[flag] = shown[flag] === 'true'
  if (name === 'user') Object.assign(shown, userMembers(document, view))
  // Microsoft SDS wants it filled; the standard only wants it there.
  else if (view.identifierFallback && shown['identifier'] === '') shown['identifier'] = shown['sourcedId']
  return view.fields ? pick(shown, view.fields) : shown
}

const flags = Object.fromEntries(
  Object.keys(differences).map((name) => [
    name,
    entities[name as ServedName].fields.filter(({ type }) => type === 'boolean').map((field) => field.name),
  ]),
) as unknown as Readonly<Record<ServedName, readonly string[]>>

function showToken(shown: Record<string, unknown>, field: string, rule: ShownTokens): void {
  const token = shown[field] as string | undefined
  const seen = token === undefined ? rule.absent : tokenShown(rule, token, 'parent' in shown)
  if (seen === undefined || seen === null) delete shown[field]
  else shown[field] = seen
}

/** What 1.1 shows for a token of 1.2; null: nothing. */
export function tokenShown(rule: ShownTokens, token: string, hasParent = false): string | null {
  if (Object.hasOwn(rule.shows, token)) return rule.shows[token]!
  return (hasParent ? rule.extensionBelowParent : undefined) ?? rule.extension ?? null
}

/** 1.1 clients type metadata as a map of strings: objects become dotted keys, lists of plain values are joined by commas. */
export function flatten(metadata: Document, prefix = ''): Record<string, string | null> {
  const flat: Record<string, string | null> = {}
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === 'string' || value === null) flat[prefix + key] = value
    else if (Array.isArray(value)) flat[prefix + key] = listText(value)
    else if (typeof value === 'object') Object.assign(flat, flatten(value as Document, `${prefix}${key}.`))
    else flat[prefix + key] = JSON.stringify(value)
  }
  return flat
}

function listText(list: readonly unknown[]): string {
  return list.some((item) => typeof item === 'object') ? JSON.stringify(list) : list.join(',')
}

function pick(shown: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((field) => field in shown).map((field) => [field, shown[field]]))
}
