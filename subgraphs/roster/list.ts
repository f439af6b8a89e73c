import { hash } from 'node:crypto'
import type { Filter } from '../../oneroster/filterSql'
import type { Entity } from '../../oneroster/model'
import { encodePosition, type ListRequest, type Subset } from '../../oneroster/pageSql'
import { coded } from '../../platform/errors'
import { requireScope } from '../../platform/identity'
import { rendersAnew, type RosterContext } from './context'
import { counted } from './handedOut'
import { selectedFields } from './input'
import { readPart, type ItemRow, type Page, type RenderedRow } from './readPart'
import { expectedTotal, rememberTotal, rememberedTotal } from './totals'

/** Arguments of every list field in the graph. */
export interface ListArguments {
  readonly filter?: Filter | null
  readonly sort?: ListRequest['sort']
  readonly limit: number
  readonly offset: number
  readonly after?: string | null
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
  items: async (page: Page, _args: unknown, context: RosterContext) =>
    counted(await readItems(page, context), 'pages', context),
  total: (page: Page, _args: unknown, context: RosterContext) => (page.total ??= readTotal(page, context)),
  next: async (page: Page, _args: unknown, context: RosterContext) => {
    await siblings()
    const position = await positionBehind(page, context)
    if (position === null) return null
    // A full page may be the last one. The total says that it is not, when it is known; else the row behind it is looked for: the roster
    // may change while a client reads page by page, and a client that stops early misses rows.
    const { request, subsetName, parent } = page
    // Who pages by position need not say how far it is, as the links of REST do.
    const isPlaced = !request.after || request.offset > 0
    if (isPlaced && page.total && request.offset + request.limit < (await page.total)) return position
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
    page.rendered = readRendered(wanted, context, fields)
    page.isNoted = true
    const { rendered } = await page.rendered
    if (rendered === null)
      throw coded('INVALID_PAGE', 'These records are too long for one page; ask for fewer with limit')
    return rendered
  },
}

/** The position of the last row of a full page; null when there were fewer rows than asked for. */
async function positionBehind(page: Page, context: RosterContext): Promise<string | null> {
  const { limit } = page.request
  if (page.rendered) {
    const { rows, lastKey, lastId } = await page.rendered
    return rows === limit && lastId ? encodePosition(lastKey ?? '', lastId) : null
  }
  const items = await readItems(page, context)
  const last = items.at(-1)
  return last && items.length === limit ? encodePosition(last.sortKey, last.sourcedId) : null
}

function readItems(page: Page, context: RosterContext): Promise<ItemRow[]> {
  page.items ??= readPart<ItemRow>('items', page, context)
  return page.items
}

/**
 * A page that is expected to be all there is, is asked for without what only a full page needs. Should it be full, the roster has grown since:
 * it is asked for as any other.
 */
async function readRendered(
  page: Page,
  context: RosterContext,
  fields: ReadonlySet<string> | undefined,
): Promise<RenderedRow> {
  const expected = expectedTotal(questionOf(page, context))
  if (expected !== undefined && isWhole(page, expected)) {
    const short = (await readPart<RenderedRow>('short', page, context, fields))[0]!
    if (isWhole(page, short.rows)) return short
  }
  return (await readPart<RenderedRow>('rendered', page, context, fields))[0]!
}

/** Whether a page of so many rows is the whole list. */
function isWhole({ request }: Page, rows: number): boolean {
  return !request.after && !request.offset && rows < request.limit
}

/**
 * A total is counted once for each state of the roster: the same question under the same stamp has the same answer. A page that is the whole
 * list tells it itself.
 */
async function readTotal(page: Page, context: RosterContext): Promise<number> {
  await siblings()
  const question = questionOf(page, context)
  if (page.rendered) {
    const { rows, version } = await page.rendered
    if (isWhole(page, rows)) {
      if (version) rememberTotal(question, version, rows)
      return rows
    }
    const known = version ? rememberedTotal(question, version) : undefined
    if (known !== undefined) return known
  }
  const row = (await readPart<{ total: number; version: Date | null }>('total', page, context))[0]
  if (row?.version) rememberTotal(question, row.version, row.total)
  return row?.total ?? 0
}

const longestQuestion = 500

function questionOf(page: Page, { identity }: RosterContext): string {
  const { entity, tenantId, filter } = page.request
  if (page.question === undefined) {
    const question = JSON.stringify([tenantId, identity.schools, entity.name, page.subsetName, filter, page.parent])
    // A filter may be a megabyte, and thousands of totals are remembered.
    page.question = question.length > longestQuestion ? hash('sha256', question, 'base64url') : question
  }
  return page.question
}

/**
 * The fields of a page are resolved in the order in which the query names them. One tick later all of them have begun, so that a total can
 * use the stamp that the rendered page brings, whichever was named first.
 */
async function siblings(): Promise<void> {}
