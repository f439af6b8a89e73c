import { hasTime, readInstant } from '../../oneroster/instant'
import { isAddressRange } from '../../platform/addresses'
import { coded } from '../../platform/errors'
import { signatureMethods, type SignatureMethod } from '../../platform/oauth1'
import { assignableScopes, checkSchoolScopes } from './grantedScopes'
import type { Oneroster11Input } from './oneroster11'

export interface CreateClientInput {
  readonly name: string
  readonly description?: string | null
  readonly contact?: string | null
  readonly scopes: readonly string[]
  readonly schools?: readonly string[] | null
  readonly allowedAddresses?: readonly string[] | null
  readonly rateLimit?: number | null
  readonly expiresAt?: string | null
  readonly withApiKey?: boolean | null
  readonly allowOauth1?: boolean | null
  readonly oauth1Methods?: readonly SignatureMethod[] | null
  readonly oneroster11?: Oneroster11Input | null
}

/** A new client as it will be stored, but for its credentials. */
export interface NewClient {
  readonly name: string
  readonly description: string | null
  readonly contact: string | null
  readonly scopes: readonly string[]
  /** Schools it may see; null or left out: all. */
  readonly schools?: readonly string[] | null
  readonly allowedAddresses: readonly string[]
  /** Requests a minute; null or left out: as configured for all. */
  readonly rateLimit?: number | null
  readonly expiresAt: Date | null
  readonly withApiKey: boolean
}

const largestRateLimit = 1_000_000_000
const longestGraceSeconds = 7 * 24 * 3600

/** Checks what an administrator wrote. `held` are the scopes of the administrator. Throws INVALID_DATA or FORBIDDEN. */
export function readClientInput(input: CreateClientInput, held: readonly string[]): NewClient {
  const scopes = assignableScopes(input.scopes, held)
  const schools = input.schools ? readSchools(input.schools) : null
  checkSchoolScopes({ scopes, schools })
  return {
    name: readText('name', input.name, 1, 200),
    ...readTexts(input),
    scopes,
    schools,
    allowedAddresses: readAddresses(input.allowedAddresses ?? []),
    rateLimit: readRateLimit(input.rateLimit),
    expiresAt: input.expiresAt != null ? readFuture(input.expiresAt) : null,
    withApiKey: input.withApiKey ?? false,
  }
}

/** Null in it takes a value away; what is not there stays. */
export type UpdateClientInput = {
  readonly [Field in 'name' | 'description' | 'contact' | 'scopes' | 'allowedAddresses' | 'expiresAt']?:
    CreateClientInput[Field] | null
}

/** A client as it shall be after a change, checked like a new one; `before` is how it is. Throws INVALID_DATA or FORBIDDEN. */
export function readClientChange(
  input: UpdateClientInput,
  before: Omit<NewClient, 'withApiKey'>,
  held: readonly string[],
): Omit<NewClient, 'withApiKey'> {
  const has = (field: keyof UpdateClientInput) => input[field] !== undefined
  const scopes = has('scopes') ? assignableScopes(input.scopes ?? [], held) : before.scopes
  checkSchoolScopes({ scopes, schools: before.schools ?? null })
  return {
    name: has('name') ? readText('name', input.name ?? '', 1, 200) : before.name,
    ...readTexts({ ...before, ...input }),
    scopes,
    allowedAddresses: has('allowedAddresses') ? readAddresses(input.allowedAddresses ?? []) : before.allowedAddresses,
    expiresAt: !has('expiresAt') ? before.expiresAt : input.expiresAt != null ? readFuture(input.expiresAt) : null,
  }
}

/** The ways in which a client may sign: all of them unless some are named, none unless it is allowed. Throws INVALID_DATA. */
export function readOauth1Methods(
  isAllowed: boolean | null | undefined,
  named: readonly SignatureMethod[] | null | undefined,
): SignatureMethod[] {
  if (named && (!isAllowed || !named.length)) {
    throw invalid('oauth1Methods', 'left out, or name at least one method together with allowOauth1: true')
  }
  return isAllowed ? [...new Set(named ?? (Object.keys(signatureMethods) as SignatureMethod[]))] : []
}

/** Requests a minute; null: as configured for all. Throws INVALID_DATA. */
export function readRateLimit(limit: number | null | undefined): number | null {
  if (limit == null) return null
  if (limit >= 1 && limit <= largestRateLimit) return limit
  throw invalid('rateLimit', `a number from 1 to ${largestRateLimit}, or null for the limit of all clients`)
}

/** Seconds for which rotated credentials stay valid. Throws INVALID_DATA. */
export function readGrace(seconds: number | null | undefined): number {
  const grace = seconds ?? 0
  if (grace >= 0 && grace <= longestGraceSeconds) return grace
  throw invalid('graceSeconds', `a number from 0 to ${longestGraceSeconds}`)
}

function readTexts({ description, contact }: Pick<CreateClientInput, 'description' | 'contact'>) {
  return {
    description: description ? readText('description', description, 0, 2000) : null,
    contact: contact ? readText('contact', contact, 0, 200) : null,
  }
}

/** They travel in the signed statement of who is calling, which is one header of at most 16 kB. */
const mostSchools = 250
const mostCharacters = 8000

/**
 * The schools that a client may see, each once. They need not be in the roster yet. Throws INVALID_DATA; also for an empty list, which
 * could mean none as well as all.
 */
export function readSchools(schools: readonly string[]): string[] {
  // What a sourcedId may hold: CSV Binding 1.2 section 3.
  const isFine = schools.every((school) => /^[\w./@-]{1,255}$/.test(school))
  const isShort = schools.length <= mostSchools && schools.join('').length <= mostCharacters
  if (isFine && isShort && schools.length >= 1) return [...new Set(schools)]
  throw invalid(
    'schools',
    `1 to ${mostSchools} sourcedIds of orgs, together at most ${mostCharacters} characters; for every school leave them out`,
  )
}

function readText(field: string, text: string, least: number, most: number): string {
  const trimmed = text.trim()
  // PostgreSQL stores no NUL; other control characters would confuse whoever reads a list of clients.

  if (trimmed.length >= least && trimmed.length <= most && !/[\0-\x08\x0e-\x1f\x7f]/.test(trimmed)) return trimmed
  throw invalid(field, `${least} to ${most} characters without control characters`)
}

function readAddresses(ranges: readonly string[]): readonly string[] {
  const wrong = ranges.findIndex((range) => !isAddressRange(range))
  if (wrong >= 0 || ranges.length > 200) {
    throw invalid('allowedAddresses', 'at most 200 IPv4 or IPv6 addresses or CIDR ranges such as 192.0.2.0/24')
  }
  return ranges
}

function readFuture(text: string): Date {
  const instant = readInstant(text)
  if (instant && hasTime(text) && instant.getTime() > Date.now()) return instant
  throw invalid('expiresAt', 'an ISO 8601 timestamp in the future')
}

function invalid(field: string, required: string): Error {
  return coded('INVALID_DATA', `${field} must be ${required}`, { field })
}
