import { randomUUID } from 'node:crypto'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { log } from './log'
import { withoutValues } from './withoutValues'

/**
 * Everything a caller can be told, by code. Resolvers throw `coded(...)`; doors render it once: GraphQL puts the code in `extensions.code`,
 * the REST facade maps it to a status and an imsx body. Whatever else is thrown is our fault and leaves only a log id.
 */
export const errorCodes = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  UNKNOWN_OBJECT: 404,
  METHOD_NOT_ALLOWED: 405,
  INVALID_FILTER_FIELD: 400,
  INVALID_SORT_FIELD: 400,
  INVALID_SELECTION_FIELD: 400,
  INVALID_PAGE: 400,
  INVALID_REQUEST: 400,
  INVALID_DATA: 422,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  UPLOAD_TOO_LARGE: 413,
  UPLOAD_BROKEN: 400,
  SERVER_BUSY: 429,
  UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const

export type ErrorCode = keyof typeof errorCodes

/** A GraphQLError with a code of the catalogue. The message is for the one who must act and holds no personal value. */
export function coded(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { ...extensions, code } })
}

/**
 * The same when a failure of ours is the reason. Where it is thrown nobody knows of a request: presentError logs it as `failed`, with the reason
 * and the id of the request.
 */
export function codedBecause(code: ErrorCode, message: string, failed: string, reason: unknown): GraphQLError {
  return Object.assign(coded(code, message), { cause: { failed, reason } satisfies Because })
}

interface Because {
  readonly failed: string
  readonly reason: unknown
}

/** The code of anything thrown; undefined when it is none of ours. */
export function codeOf(error: unknown): string | undefined {
  const extensions = (error as { extensions?: { code?: unknown } } | undefined)?.extensions
  return typeof extensions?.code === 'string' ? extensions.code : undefined
}

/** Codes that GraphQL servers give to requests they cannot even run; their messages quote the query, and what it holds may be personal. */
const requestCodes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
])

/** Coded errors pass, with their reason logged if they have one; everything else is logged under an id, with the id of the request it ended, and told as that id. */
export function presentError(
  formatted: GraphQLFormattedError,
  error: unknown,
  requestId: string | undefined,
): GraphQLFormattedError {
  const code = formatted.extensions?.['code']
  const { path, locations } = formatted
  const place = { ...(path ? { path } : {}), ...(locations ? { locations } : {}) }
  const cause = (error as { originalError?: unknown })?.originalError ?? error
  if (typeof code === 'string' && isPresentable(code, formatted.extensions)) {
    const because = becauseOf(cause)
    if (because) log.error(because.failed, { requestId, error: describe(because.reason) })
    const { stacktrace: _stacktrace, serviceName: _serviceName, ...extensions } = formatted.extensions ?? {}
    const message = requestCodes.has(code) ? withoutValues(formatted.message) : formatted.message
    return { message, ...place, extensions }
  }
  const logId = randomUUID()
  log.error('unexpected error', { requestId, logId, error: describe(cause), path: formatted.path })
  return {
    message: `Internal server error, log id ${logId}`,
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', logId },
  }
}

/** Apollo Server calls whatever has no code INTERNAL_SERVER_ERROR; what was presented before has its log id too. */
function isPresentable(code: string, extensions: GraphQLFormattedError['extensions']): boolean {
  if (code === 'INTERNAL_SERVER_ERROR') return typeof extensions?.['logId'] === 'string'
  return code in errorCodes || requestCodes.has(code)
}

/**
 * Name, message and stack for the log, of the reason if there is one. PostgreSQL's `detail` is left out: it quotes the values of a row, and so do
 * its messages of class 22 (data exceptions) and those of JSON.parse.
 */
export function describe(thrown: unknown): Record<string, unknown> {
  const error = becauseOf(thrown)?.reason ?? thrown
  if (!(error instanceof Error)) return { message: String(error) }
  const sqlState = (error as { code?: unknown }).code
  const message = quotesValues(error, sqlState) ? error.message.replace(/['"].*['"]/s, '"…"') : error.message
  const stack = error.stack?.replace(error.message, () => message)
  return { name: error.name, message, stack, ...(sqlState ? { code: sqlState } : {}) }
}

function quotesValues(error: Error, sqlState: unknown): boolean {
  return (typeof sqlState === 'string' && /^22...$/.test(sqlState)) || error.name === 'SyntaxError'
}

function becauseOf(error: unknown): Because | undefined {
  const because = (error as { cause?: Partial<Because> } | undefined)?.cause
  return typeof because?.failed === 'string' ? (because as Because) : undefined
}
