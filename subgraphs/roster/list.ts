import DataLoader from 'dataloader'
import type { Filter } from '../../oneroster/filterSql'
import type { Entity } from '../../oneroster/model'
import { encodePosition, listSql, type ListPart, type ListRequest, type Subset } from '../../oneroster/pageSql'
import { coded } from '../../platform/errors'
import { requireScope } from '../../platform/identity'
import { rendersAnew, type RosterContext } from './context'
import { asCoded, selectedFields } from './input'
import { filterNames, isPersonal, noteRead, readOperation } from './readEvents'
import { preparedName } from './preparedName'
import { rememberTotal, rememberedTotal } from './totals'

/** Arguments of every list field in the graph. */
export interface ListArguments {
  readonly filter?: Filter | null
  readonly sort?: ListRequest['sort']
  readonly limit: number
  readonly offset: number
  readonly after?: string | null
}

/** A list that was asked for but not read yet: `items`, `total`, `next` and `rendered` each read what they need. */
export interface Page {
  readonly request: ListRequest
  readonly subsetName: string
  /** The record that the list belongs to; undefined for a root collection. */
  readonly parent?: string
  rendered?: Promise<RenderedRow>
  items?: Promise<ItemRow[]>
  total?: Promise<number>
  /** In the audit trail, or not to be: a page is noted once, whichever part of it is read first. */
  isNoted?: boolean
}

interface RenderedRow {
  readonly parentExists?: boolean
  readonly rendered: string
  readonly rows: number
  readonly lastKey: string | null
  readonly lastId: string | null
  readonly version: Date | null
}
interface ItemRow {
  readonly sourcedId: string
  readonly sortKey: string
}

/** The most records one page may hold; clients are told, never cut short. */
export const mostPerPage = 10_000

/**
 * Resolver of a list. A root collection takes no parent; a relation takes the sourcedId of the object it hangs on.
 * Throws FORBIDDEN without one of the scopes, INVALID_PAGE for a limit or offset out of range.
 */
export function listField(entity: Entity, subsetName: string, subset: Subset | undefined, scopes: readonly string[]) {
  return (parent: { sourcedId?: string } | undefined, args: ListArguments, context: RosterContext): Page => {
    requireScope(context.identity, ...scopes)
    if (args.limit < 1 || args.limit > mostPerPage) {
      throw coded('INVALID_PAGE', `limit must be from 1 to ${mostPerPage}, got ${args.limit}`)
    }
    if (args.offset < 0) throw coded('INVALID_PAGE', `offset must not be negative, got ${args.offset}`)
    return {
      request: {
        entity,
        tenantId: context.identity.tenantId,
        anew: rendersAnew(context),
        ...(subset ? { subset } : {}),
        ...args,
      },
      subsetName,
      ...(parent?.sourcedId === undefined ? {} : { parent: parent.sourcedId }),
    }
  }
}

/** Resolvers of every `XPage` type. */
export const pageResolvers = {
  items: (page: Page, _args: unknown, context: RosterContext) => readItems(page, context),
  total: (page: Page, _args: unknown, context: RosterContext) => (page.total ??= readTotal(page, context)),
  next: async (page: Page, _args: unknown, context: RosterContext) => {
    await siblings()
    const position = await positionBehind(page, context)
    if (position === null) return null
    // A full page may be the last one. The total says that it is not, when it is known; else the row behind it is looked for: the roster
    // may change while a client reads page by page, and a client that stops early misses rows.
    const { request, subsetName, parent } = page
    if (page.total && request.offset + request.limit < (await page.total)) return position
    const behind: Page = {
      isNoted: true,
      request: { ...request, after: position, limit: 1 },
      subsetName,
      ...(parent === undefined ? {} : { parent }),
    }
    return (await readItems(behind, context)).length ? position : null
  },
  rendered: async (
    page: Page,
    args: { fields?: readonly string[] | null; agentOf?: boolean | null },
    context: RosterContext,
  ) => {
    const fields = selectedFields(page.request.entity, args.fields)
    const wanted = args.agentOf ? { ...page, request: { ...page.request, agentOf: true } } : page
    page.rendered = load<RenderedRow>('rendered', wanted, context, fields).then((rows) => rows[0]!)
    page.isNoted = true
    return (await page.rendered).rendered
  },
}

/** The position of the last row of a full page; null when there were fewer rows than asked for. */
async function positionBehind(page: Page, context: RosterContext): Promise<string | null> {
  const { limit } = page.request
  if (page.rendered) {
    const { rows, lastKey, lastId } = await page.rendered
    return rows === limit && lastId !== null ? encodePosition(lastKey ?? '', lastId) : null
  }
  const items = await readItems(page, context)
  const last = items.at(-1)
  return last && items.length === limit ? encodePosition(last.sortKey, last.sourcedId) : null
}

function readItems(page: Page, context: RosterContext): Promise<ItemRow[]> {
  page.items ??= load<ItemRow>('items', page, context)
  return page.items
}

/** A total is counted once for each state of the roster: the same question under the same stamp has the same answer. */
async function readTotal(page: Page, context: RosterContext): Promise<number> {
  const question = JSON.stringify([
    page.request.tenantId,
    context.identity.schools,
    page.request.entity.name,
    page.subsetName,
    page.request.filter,
    page.parent,
  ])
  await siblings()
  const version = (await page.rendered)?.version
  const known = version && rememberedTotal(question, version)
  if (known !== undefined && known !== null) return known
  const row = (await load<{ total: number; version: Date | null }>('total', page, context))[0]
  if (row?.version) rememberTotal(question, row.version, row.total)
  return row?.total ?? 0
}

/**
 * The fields of a page are resolved in the order in which the query names them. One tick later all of them have begun, so that a total can
 * use the stamp that the rendered page brings, whichever was named first.
 */
async function siblings(): Promise<void> {}

/** Reads one part of a list; the same part of many parents' lists goes in one statement. */
function load<Row>(part: ListPart, page: Page, context: RosterContext, fields?: ReadonlySet<string>): Promise<Row[]> {
  const { request, parent, subsetName } = page
  const note = mustNote(part, page)
  page.isNoted ||= note
  if (parent === undefined) return run<Row>(part, request, context, undefined, fields, note ? subsetName : undefined)
  const { filter, sort, limit, offset, after } = request
  const key = JSON.stringify([
    part,
    request.entity.name,
    page.subsetName,
    filter,
    sort,
    limit,
    offset,
    after,
    request.agentOf,
    fields && [...fields],
    note,
  ])
  let loader = context.loaders.get(key)
  if (!loader) {
    loader = new DataLoader<string, unknown>(async (parents) => {
      const noted = note ? subsetName : undefined
      if (parents.length === 1) return [await run<Row>(part, request, context, parents, fields, noted)]
      const rows = await run<Row & { parent: string }>(part, request, context, parents, fields, noted)
      const byParent = groupByParent(rows)
      return parents.map((id) => byParent.get(id) ?? [])
    })
    context.loaders.set(key, loader)
  }
  return loader.load(parent) as Promise<Row[]>
}

async function run<Row>(
  part: ListPart,
  request: ListRequest,
  context: RosterContext,
  parents: readonly string[] | undefined,
  fields: ReadonlySet<string> | undefined,
  notedAs: string | undefined,
): Promise<Row[]> {
  const { text, values } = asCoded(() => listSql(part, request, parents, fields))
  const name = request.filter || fields ? undefined : preparedName(text)
  const rows = await context.database.query<Row>(request.tenantId, text, values, name)
  // Before it is noted: an id that leads nowhere may be anything, a person's name too.
  if (rows.some((row) => (row as Partial<RenderedRow>).parentExists === false))
    throw coded('UNKNOWN_OBJECT', 'Unknown Object: there is no object of that sourcedId here to list anything of')
  if (notedAs === undefined) return rows
  const noted = noteRead(context, {
    operation: readOperation(request.entity, notedAs),
    objectKind: request.entity.name,
    objectCount: recordsIn(part, rows),
    ...(parents ? { parentIds: parents } : {}),
    filters: filterNames(request.filter),
  })
  if (noted) await noted
  return rows
}

/** A total alone tells of persons when it was filtered: whether there is one whose name is this. */
function mustNote(part: ListPart, { isNoted, request, subsetName, items, rendered }: Page): boolean {
  if (isNoted || !isPersonal(request.entity, subsetName)) return false
  return part !== 'total' || (!!request.filter && !items && !rendered)
}

function recordsIn(part: ListPart, rows: readonly unknown[]): number {
  if (part === 'rendered') return (rows as readonly RenderedRow[]).reduce((sum, row) => sum + row.rows, 0)
  return part === 'items' ? rows.length : 0
}

/** Map.groupBy needs Node 21. */
function groupByParent<Row extends { parent: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const group = groups.get(row.parent)
    if (group) group.push(row)
    else groups.set(row.parent, [row])
  }
  return groups
}
