import { readFileSync } from 'node:fs'
import type { RequestHandler } from 'express'
import { GraphQLError } from 'graphql'
import type { Config } from '../platform/config'
import type { Identity } from '../platform/identity'

/**
 * Operations that dashboards may ask for by name instead of sending their text: a JSON file of texts by id. A request names one by
 * `documentId`, or by `extensions.persistedQuery.sha256Hash` as clients of Apollo do. Nothing is learned at run time: what a caller could
 * teach us, an attacker could. With `only`, callers that can do nothing but read get no other operation answered (docs/security.md).
 */
export function persistedOperations({
  persistedOperations: settings,
}: Pick<Config, 'persistedOperations'>): RequestHandler {
  const texts = settings ? readTexts(settings.file) : new Map<string, string>()
  return (request, response, next) => {
    const body = request.body as Body | undefined
    const id = body?.documentId ?? body?.extensions?.persistedQuery?.sha256Hash
    if (body && typeof id === 'string' && typeof body.query !== 'string') {
      const text = texts.get(id)
      if (text === undefined) return next(refusal('PERSISTED_QUERY_NOT_FOUND', 'There is no operation of this id'))
      const { documentId: _documentId, extensions: _extensions, ...rest } = body
      request.body = { ...rest, query: text }
    } else if (settings?.only && onlyReads(response.locals['identity'] as Identity | undefined)) {
      return next(
        refusal('PERSISTED_QUERY_NOT_SUPPORTED', 'Name a persisted operation by documentId; its text is not taken'),
      )
    }
    next()
  }
}

interface Body {
  readonly query?: unknown
  readonly documentId?: unknown
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash?: unknown } }
}

/** Scopes of our own are for administration; those of the standard are for reading. */
function onlyReads(identity: Identity | undefined): boolean {
  return identity !== undefined && !identity.scopes.some((scope) => scope.startsWith('urn:rosterhub:'))
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** Throws one sentence that says what is wrong with the file. */
function readTexts(file: string): ReadonlyMap<string, string> {
  let texts: [string, unknown][] = []
  try {
    texts = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)
  } catch (error) {
    throw new Error(`PERSISTED_OPERATIONS_FILE cannot be used: ${(error as Error).message}`, { cause: error })
  }
  if (texts.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return new Map(texts)
  throw new Error(`PERSISTED_OPERATIONS_FILE ${file} must be a JSON object of GraphQL texts by id`)
}
