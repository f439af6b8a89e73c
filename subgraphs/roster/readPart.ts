import DataLoader from 'dataloader'
import { isOfChanges, listSql, type ListPart, type ListRequest } from '../../oneroster/pageSql'
import { coded } from '../../platform/errors'
import type { RosterContext } from './context'
import { asCoded } from './input'
import { preparedName } from './preparedName'
import { filterNames, isPersonal, noteRead, readOperation } from './readEvents'

/** A list that was asked for but not read yet: `items`, `total`, `next` and `rendered` each read what they need. */
export interface Page {
  readonly request: ListRequest
  readonly subsetName: string
  /** The record that the list belongs to; undefined for a root collection. */
  readonly parent?: string
  /** What its total is remembered under. */
  question?: string
  rendered?: Promise<RenderedRow>
  items?: Promise<ItemRow[]>
  total?: Promise<number>
  /** In the audit trail, or not to be: a page is noted once, whichever part of it is read first. */
  isNoted?: boolean
}

export interface RenderedRow {
  readonly parentExists?: boolean
  readonly rendered: string | null
  readonly rows: number
  /** These three are told unless the page is short. */
  readonly lastKey?: string | null
  readonly lastId?: string | null
  readonly version?: Date | null
}
export interface ItemRow {
  readonly sourcedId: string
  readonly sortKey: string
}

/** Reads one part of a list; the same part of many parents' lists goes in one statement. */
export function readPart<Row>(
  part: ListPart,
  page: Page,
  context: RosterContext,
  fields?: ReadonlySet<string>,
): Promise<Row[]> {
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
  const name = isPrepared(part, request, fields) ? preparedName(text) : undefined
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

/**
 * Callers shape filters and fields at will. What changed since is asked again and again, in the same words; kept prepared for those only of whom
 * few rows are expected, since the plan for "all that changed" would be used for "what changed today".
 */
function isPrepared(part: ListPart, { filter }: ListRequest, fields: ReadonlySet<string> | undefined): boolean {
  if (fields) return false
  return !filter || (part === 'short' && isOfChanges(filter))
}

/** A total alone tells of persons when it was filtered: whether there is one whose name is this. */
function mustNote(part: ListPart, { isNoted, request, subsetName, items, rendered }: Page): boolean {
  if (isNoted || !isPersonal(request.entity, subsetName)) return false
  return part !== 'total' || (!!request.filter && !items && !rendered)
}

function recordsIn(part: ListPart, rows: readonly unknown[]): number {
  if (part === 'total') return 0
  return part === 'items' ? rows.length : (rows as readonly RenderedRow[]).reduce((sum, row) => sum + row.rows, 0)
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
