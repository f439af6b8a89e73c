import type { PoolClient } from 'pg'
import { profiles } from '../../../oneroster/csv'
import { columnOf, type Field } from '../../../oneroster/fields'
import { entities, type Entity, type EntityName } from '../../../oneroster/model'
import { changedSince, fillArrivals, isArrival } from './arrivals'
import type { ExportJob, ExportOptions } from './exportJob'
import { fillSets, type ExportSets } from './exportSets'
import { findWholeReferences } from './wholeReferences'

/**
 * Which rows an export takes. COPY takes no parameters, so the statements carry tenant and time as literals (a number and a checked time);
 * what may be named reaches them through temporary tables (exportSets.ts).
 */
export interface Selection {
  /** The condition for a row of the entity's table under `alias`. */
  rows(entity: Entity, alias: string): string
  /** The part of it that asks for no references: holds for more rows and is cheaper to ask. */
  candidates(entity: Entity, alias: string): string
  /** What references may name (csvSql.ts). */
  referable(target: EntityName): string | undefined
}

/**
 * Prepares the selection in the transaction of the snapshot, in which the tables hold only what a client with schools may see: what it must not
 * see needs no condition here.
 */
export async function selectRows(
  client: PoolClient,
  { tenantId, options, visibleSchools }: Pick<ExportJob, 'tenantId' | 'options' | 'visibleSchools'>,
): Promise<Selection> {
  if (!Number.isInteger(tenantId)) throw new Error('not a tenant')
  // A bulk package is complete in itself (CSV Binding 1.2 section 5). A delta with removals may name what was sent earlier, but no other school's.
  const isClosed = options.activeOnly || options.schools !== null
  const sets = isClosed ? await fillSets(client, tenantId, options) : {}
  const ids = (target: EntityName) => idsOf(target, tenantId, options, sets)
  const referable = (target: EntityName) => (isClosed ? ids(target) : undefined)
  const isWholeRoster = isClosed && !options.schools && !visibleSchools && !options.since
  // Of a whole roster all rows are read, and read in a row: the planner would seek a million enrollments school by school.
  if (isWholeRoster) await client.query('set local enable_nestloop = off')
  const whole = isWholeRoster ? await findWholeReferences(client, tenantId, ids) : new Set<string>()
  const { since } = options
  const isPart = since !== null && (options.schools !== null || visibleSchools !== null)
  if (isPart) await fillArrivals(client, tenantId, since)
  const candidates = (entity: Entity, alias: string) =>
    [
      `${alias}.tenant_id = ${tenantId}`,
      ...(options.activeOnly ? [`${alias}.status = 'active'`] : []),
      ...(since ? [`(${changedSince(alias, tenantId, since)}${isPart ? ` or ${isArrival(entity, alias)}` : ''})`] : []),
    ].join(' and ')
  return {
    referable,
    candidates,
    rows: (entity, alias) =>
      [
        candidates(entity, alias),
        ...(options.schools && entity.name === 'role' ? [ofSchools(alias, options)] : []),
        ...(visibleSchools ? ofSeenUser(entity, alias, tenantId) : []),
        ...(sets[entity.name]
          ? [`${alias}.sourced_id in (select sourced_id from ${sets[entity.name]})`]
          : entity.fields
              .filter((field) => !whole.has(`${entity.table}.${columnOf(field)}`))
              .flatMap((field) => required(field, alias, referable))),
      ].join(' and '),
  }
}

/** The ids that a reference may name. Hashed once a statement; an index would be asked for every row. */
function idsOf(target: EntityName, tenantId: number, { activeOnly }: ExportOptions, sets: ExportSets): string {
  if (sets[target]) return `select sourced_id from ${sets[target]}`
  const live = activeOnly ? ` and status = 'active'` : ''
  return `select sourced_id from ${entities[target].table} where tenant_id = ${tenantId}${live}`
}

function required(field: Field, alias: string, referable: Selection['referable']): string[] {
  if (!field.references || field.csvRequired !== true) return []
  const ids = referable(field.references as EntityName)
  return ids ? [`${alias}."${columnOf(field)}" in (${ids})`] : []
}

/** Roles and accounts are part of their user, and the views tell of them apart; an ended role outlives the sight of who left the school. */
function ofSeenUser({ nestedIn }: Entity, alias: string, tenantId: number): string[] {
  return nestedIn ? [`${alias}.user_sourced_id in (select sourced_id from users where tenant_id = ${tenantId})`] : []
}

/** Roles at the schools and above them; in Japan also the primary ones elsewhere, since a user without any is refused there (section 5.5). */
function ofSchools(alias: string, { profile }: ExportOptions): string {
  const isOwn = `${alias}.org_sourced_id in (select sourced_id from export_orgs where own)`
  return profiles[profile].japanese ? `(${isOwn} or ${alias}.role_type = 'primary')` : isOwn
}
