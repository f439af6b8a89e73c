import { entities, type EntityName } from '../../../oneroster/model'
import type { Run, StagedFile } from './job'
import { isDerived, isOfLeftOut } from './staging'

/** The files of this package by entity. */
export type Staged = ReadonlyMap<EntityName, StagedFile>

/**
 * The active records of an entity as they would be after the merge, as SQL: staged rows, and stored rows that the package neither replaces
 * nor removes. All questions about references are asked of these. Columns of roster table and staging table alike; `line` is null for stored
 * rows. `where` narrows the rows `r`. $1 is the tenant, $2 the source.
 */
export function afterwards(
  run: Run,
  staged: Staged,
  name: EntityName,
  columns: readonly string[],
  where = 'true',
): string {
  const list = columns.map((column) => `, r."${column}"`).join('')
  return [...sent(run, staged, name, list, where), ...survivors(run, staged, name, list, where)].join(' union all ')
}

/**
 * The condition that after the merge no record `r` fulfils `where`. Asked part by part, so that a delta of few rows looks stored records up by
 * their indexes: as one union they would all be read.
 */
export function noneAfterwards(run: Run, staged: Staged, name: EntityName, where: string): string {
  const parts = [...sent(run, staged, name, '', where), ...survivors(run, staged, name, '', where)]
  return parts.map((part) => `not exists (${part})`).join(' and ')
}

/** Of a file: what it sends. */
function sent(run: Run, staged: Staged, name: EntityName, list: string, where: string): string[] {
  const file = staged.get(name)
  if (!file) return []
  // While any error refuses the package, what refers to a bad row is not bad itself: the cause is told, not its consequences.
  const lenient = run.job.options.onError === 'REJECT' ? 'r.rejected or' : 'not r.rejected and'
  return [`select r.line${list} from ${file.table} r where (${lenient} r.status = 'active') and (${where})`]
}

/** The stored rows that stay, in parts instead of an OR: each becomes a join, where an OR would be asked for every stored row anew. */
export function survivors(run: Run, staged: Staged, name: EntityName, list: string, where: string): string[] {
  const entity = entities[name]
  const file = staged.get(name)
  const stored = (survives: string) =>
    `select null::integer as line${list} from ${entity.table} r where r.tenant_id = $1 and r.status = 'active' and ${survives} and (${where})`
  if (!file) return [stored('true')]
  const notSent = `not exists (select from ${file.table} y where y.sourced_id = r.sourced_id and not y.rejected)`
  if (!removesMissing(run, file)) return [stored(notSent)]
  const notStaged = `not exists (select from ${file.table} y where y.sourced_id = r.sourced_id)`
  return [
    stored(`r.source_id is distinct from $2 and ${notSent}`),
    stored(`r.source_id = $2 and r.sourced_id in (select y.sourced_id from ${file.table} y where y.rejected)`),
    ...(file.older?.derived ? [stored(`r.source_id = $2 and not (${isDerived('r')}) and ${notSent}`)] : []),
    // While any error refuses the package, the rows that are left out may be anything.
    ...(file.users && run.job.options.onError === 'SKIP'
      ? [stored(`r.source_id = $2 and ${isDerived('r')} and ${isOfLeftOut('r', file.users)} and ${notStaged}`)]
      : []),
  ]
}

/** Whether nothing that is stored of an entity stays as it is: a bulk file of the only source replaces or removes all of it. */
export function replacesAll(run: Run, file: StagedFile | undefined, otherSources: boolean): boolean {
  return file !== undefined && removesMissing(run, file) && !otherSources
}

/**
 * Whether stored records go because the file lacks them, as the merge does it (mergeSql.ts): not those of a bulk file in which some sourcedId
 * cannot be read, since it may be any of them. A package that is refused for it is asked about as if it could be read.
 */
function removesMissing({ job }: Run, { mode, keyless }: StagedFile): boolean {
  return mode === 'bulk' && !(keyless && job.options.onError === 'SKIP')
}
