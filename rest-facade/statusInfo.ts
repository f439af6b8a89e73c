import { codeOf, errorCodes, type ErrorCode } from '../platform/errors'
import { rateLimitHeaders, type Permit } from '../platform/permits'

/** Code minors of the rostering service (OneRoster 1.2 Rostering OpenAPI, imsx_CodeMinorFieldDType). */
export type CodeMinor =
  | 'invalid_filter_field'
  | 'invalid_selection_field'
  | 'invaliddata'
  | 'unauthorisedrequest'
  | 'forbidden'
  | 'server_busy'
  | 'unknownobject'
  | 'internal_server_error'

/** Rostering has no code minor for sorting; a field that cannot be sorted by is told as one that cannot be filtered by. */
const codeMinors: Partial<Record<ErrorCode, CodeMinor>> = {
  UNAUTHENTICATED: 'unauthorisedrequest',
  FORBIDDEN: 'forbidden',
  UNKNOWN_OBJECT: 'unknownobject',
  METHOD_NOT_ALLOWED: 'invaliddata',
  INVALID_FILTER_FIELD: 'invalid_filter_field',
  INVALID_SORT_FIELD: 'invalid_filter_field',
  INVALID_SELECTION_FIELD: 'invalid_selection_field',
  INVALID_PAGE: 'invaliddata',
  INVALID_REQUEST: 'invaliddata',
  INVALID_DATA: 'invaliddata',
  CONFLICT: 'invaliddata',
  PRECONDITION_FAILED: 'invaliddata',
  SERVER_BUSY: 'server_busy',
  UNAVAILABLE: 'server_busy',
}

/** What a failed request is answered with. */
export interface Failure {
  readonly status: number
  readonly codeMinor: CodeMinor
  readonly description: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The failure for a coded error, ours or one of a gateway's answer. Anything without a code of the catalogue is a plain 500. */
export function failureOf(error: unknown): Failure {
  const code = codeOf(error) as ErrorCode | undefined
  const codeMinor = code && codeMinors[code]
  const description = (error as { message?: string }).message ?? ''
  if (!codeMinor) {
    return { status: 500, codeMinor: 'internal_server_error', description: ours(code) ? description : 'Internal error' }
  }
  return {
    status: errorCodes[code],
    codeMinor,
    description: description + issuesOf(error),
    headers: headersOf(code, error),
  }
}

/** The issues of refused data, by the codes that an import reports (docs/issues.md): they name columns, never values. */
function issuesOf(error: unknown): string {
  const { issues } = (error as { extensions?: { issues?: { code: string; column: string }[] } }).extensions ?? {}
  return issues?.length ? `: ${issues.map(({ code, column }) => `${code} ${column}`).join(', ')}` : ''
}

/** The presented message of an unexpected error holds a log id; other messages may hold anything. */
function ours(code: string | undefined): boolean {
  return code === 'INTERNAL_SERVER_ERROR'
}

function headersOf(code: ErrorCode, error: unknown): Readonly<Record<string, string>> {
  const extensions = (error as { extensions?: { retryAfterSeconds?: unknown; allow?: string; rateLimit?: Permit } })
    .extensions
  if (code === 'UNAUTHENTICATED') return { 'WWW-Authenticate': 'Bearer' }
  if (code === 'METHOD_NOT_ALLOWED') return { Allow: extensions?.allow ?? 'GET, HEAD' }
  if (code !== 'SERVER_BUSY' && code !== 'UNAVAILABLE') return {}
  const seconds = Number(extensions?.retryAfterSeconds)
  return {
    'Retry-After': String(seconds > 0 ? Math.ceil(seconds) : code === 'SERVER_BUSY' ? 1 : 5),
    ...(extensions?.rateLimit ? rateLimitHeaders(extensions.rateLimit) : {}),
  }
}

/** The body of every 4xx and 5xx: the status object itself, not wrapped in another key. Mind the capital C in imsx_CodeMinor. */
export function statusInfo({ status, codeMinor, description }: Failure): string {
  return JSON.stringify({
    imsx_codeMajor: status === 405 ? 'unsupported' : 'failure',
    imsx_severity: 'error',
    imsx_description: description,
    imsx_CodeMinor: {
      imsx_codeMinorField: [{ imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: codeMinor }],
    },
  })
}
