import { profiles, type ProfileId } from '../../../oneroster/csv'
import { isDateTime, isGuid } from '../../../oneroster/formats'
import { entities, type EntityName } from '../../../oneroster/model'
import { scopes } from '../../../oneroster/scopes'
import { coded } from '../../../platform/errors'
import type { Identity } from '../../../platform/identity'
import type { ExportOptions } from './exportJob'

/** ExportOptions as GraphQL gives them: enum values are already those of this hub (exportResolvers.ts). */
export interface ExportOptionsInput {
  readonly profile?: ProfileId | null
  readonly mode?: 'bulk' | 'delta' | null
  readonly since?: string | null
  readonly entities?: readonly EntityName[] | null
  readonly schools?: readonly string[] | null
  readonly activeOnly?: boolean | null
}

const mostSchools = 10_000

/** Fills in what was left open. Throws INVALID_DATA, naming the option, and FORBIDDEN for demographics without their scope. */
export function readExportOptions(input: ExportOptionsInput, identity: Identity): ExportOptions {
  const mode = input.mode ?? 'bulk'
  const activeOnly = input.activeOnly ?? mode === 'bulk'
  if (mode === 'bulk' && !activeOnly) {
    throw invalid('activeOnly', 'a bulk file tells of removed records by leaving them out; ask for a delta')
  }
  if (mode === 'bulk' && input.since != null) throw invalid('since', 'a bulk file is complete; ask for a delta')
  const profile = input.profile ?? 'jp-k12-1.0'
  if (!Object.hasOwn(profiles, profile)) throw invalid('profile', 'OneRoster 1.1 and 1.0 are only read')
  return {
    profile,
    mode,
    since: readSince(input.since ?? null),
    entities: readEntities(input.entities ?? null, identity),
    schools: readSchools(input.schools ?? null),
    activeOnly,
  }
}

function readSince(since: string | null): string | null {
  if (since === null) return null
  if (typeof since === 'string' && isDateTime(since)) return new Date(since).toISOString()
  throw invalid('since', 'must be a time in UTC, written YYYY-MM-DDThh:mm:ss.sssZ')
}

/** Demographics have a scope of their own on every way to them. Who does not hold it gets the rest, unless they were asked for by name. */
function readEntities(wanted: readonly EntityName[] | null, identity: Identity): EntityName[] {
  const mayReadDemographics = identity.scopes.includes(scopes.demographics)
  if (wanted?.includes('demographics') && !mayReadDemographics) {
    throw coded('FORBIDDEN', `Demographics need the scope ${scopes.demographics}`)
  }
  if (wanted && !wanted.length) throw invalid('entities', 'must name at least one')
  const all = Object.keys(entities) as EntityName[]
  return wanted
    ? all.filter((name) => wanted.includes(name))
    : all.filter((name) => name !== 'demographics' || mayReadDemographics)
}

function readSchools(schools: readonly string[] | null): string[] | null {
  if (schools === null) return null
  if (!schools.length || schools.length > mostSchools || !schools.every(isGuid)) {
    throw invalid('schools', `must be 1 to ${mostSchools} sourcedIds`)
  }
  return [...new Set(schools)].sort()
}

function invalid(field: string, problem: string): Error {
  return coded('INVALID_DATA', `${field}: ${problem}`, { field })
}
