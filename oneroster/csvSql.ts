import { csvHeader, metadataKey, profiles, resourceSourcedIds, type Profile } from './csv'
import { columnOf, type Field } from './fields'
import { japanEmpty, japanFilled, japanMetadataReferences } from './japanRules'
import type { Entity, EntityName } from './model'

/**
 * A row of the roster as cells of a CSV file, as SQL: the way back from rowRules.ts and stageRows.ts. Pure text; a cell that is empty is null.
 */
export interface CsvColumn {
  readonly name: string
  readonly sql: string
}

export interface CsvForm {
  readonly profile: Profile
  /** Bulk rows leave status and dateLastModified empty, delta rows fill both (CSV Binding 1.2 section 5). */
  readonly mode: 'bulk' | 'delta'
  /** A query for the sourcedIds that optional references and lists may name; undefined: any. What is not among them is left out. */
  readonly referable?: (target: EntityName) => string | undefined
  /** Passwords stay away: their cells are empty. */
  readonly withoutSecrets?: boolean
}

/** A line break may stand in no cell (CSV Binding 1.2 section 2), yet may have come with metadata from JSON. This stands in its place. */
export const lineBreakMark = '\u0001'

/** The columns of this entity's file in order; `extensions` are keys of metadata beside those of the profile. */
export function csvColumns(entity: Entity, alias: string, form: CsvForm, extensions: readonly string[]): CsvColumn[] {
  const header = csvHeader(form.profile, entity).map((name) => ({ name, sql: cellSql(entity, alias, name, form) }))
  const others = extensions.map((key) => ({ name: `metadata.${key}`, sql: metadataSql(alias, key) }))
  return [...header, ...others]
}

/** Keys of metadata that the profile has a column for. */
export function profileKeys(profile: Profile, entity: Entity): string[] {
  return (profile.metadataColumns[entity.name] ?? []).map(metadataKey)
}

/** Whether a key belongs to another Japanese generation: readers of this one know no such column, and refuse what they do not know. */
export function isOfOtherGeneration(profile: Profile, entity: Entity, key: string): boolean {
  if (!profile.japanese || profileKeys(profile, entity).includes(key)) return false
  return Object.values(profiles).some((other) => profileKeys(other, entity).includes(key))
}

/** A text as SQL writes it. PostgreSQL takes backslashes as they are (standard_conforming_strings). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function cellSql(entity: Entity, alias: string, name: string, form: CsvForm): string {
  const { profile, mode } = form
  if (name.startsWith('metadata.')) return extensionSql(entity, alias, name, form)
  if (name === resourceSourcedIds || isEmptyUnder(profile, entity, name)) return 'null'
  const field = entity.fields.find((candidate) => candidate.csv === name)!
  if (field.csvRequired === 'delta' && mode === 'bulk') return 'null'
  if (field.secret && form.withoutSecrets) return 'null'
  const sql = valueSql(field, `${alias}."${columnOf(field)}"`, form)
  const filled = profile.japanese ? japanFilled[entity.name]?.[name] : undefined
  if (filled !== undefined) return `coalesce(${sql}, ${literal(filled)})`
  // Only the 2nd edition wants a word where other generations write nothing (Japan profile, academicSessions.csv).
  const nullWord = profile.id === 'jp-2nd-edition' && entity.name === 'academicSession' && field.name === 'parent'
  return nullWord ? `coalesce(${sql}, 'NULL')` : sql
}

function isEmptyUnder(profile: Profile, entity: Entity, name: string): boolean {
  return profile.japanese && (japanEmpty[entity.name]?.includes(name) ?? false)
}

function valueSql(field: Field, column: string, { profile, referable }: CsvForm): string {
  // A row whose one required reference is not there is left out as a whole; of a required list what is there remains.
  const isFiltered = field.references && (field.csvRequired !== true || field.type === 'guidRefs')
  const ids = isFiltered ? referable?.(field.references as EntityName) : undefined
  switch (field.type) {
    case 'stringList':
      return `array_to_string(${column}, ',')`
    case 'guidRefs':
      return ids === undefined
        ? `array_to_string(${column}, ',')`
        : // In FILTER, where the planner cannot make a join of it: the ids are hashed once, not sought for every row.
          `case when ${column} is not null then (select string_agg(item, ',' order by place) filter (where item in (${ids})) from unnest(${column}) with ordinality as list(item, place)) end`
    case 'guidRef':
    case 'profileRef':
      return ids === undefined ? column : `case when ${column} in (${ids}) then ${column} end`
    case 'userIdList':
      return userIdsSql(column)
    case 'boolean':
    case 'date':
      return `${column}::text`
    case 'dateTime':
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
    case 'enum':
      // Held as the base vocabulary allows, written as Japan does (Japan profile section 9).
      return profile.japanese && field.values === 'enrollmentRole'
        ? `case ${column} when 'ext:guardian' then 'guardian' else ${column} end`
        : column
    default:
      return column
  }
}

/** userIds as `{type:identifier},…` (CSV Binding 1.2, users.csv). Most people have one, which is written in a third of the time of a subquery. */
function userIdsSql(column: string): string {
  const written = (item: string) => `'{' || (${item}->>'type') || ':' || (${item}->>'identifier') || '}'`
  return (
    `case jsonb_array_length(${column}) when 1 then ${written(`${column}->0`)} else` +
    ` (select string_agg(${written('item')}, ',' order by place)` +
    ` from jsonb_array_elements(${column}) with ordinality as list(item, place)) end`
  )
}

/** A Japanese extension may be a reference too: homeClass names a class. */
function extensionSql(entity: Entity, alias: string, name: string, { referable }: CsvForm): string {
  const value = metadataSql(alias, metadataKey(name))
  const target = japanMetadataReferences[entity.name]?.[name]
  const ids = target && referable?.(target)
  return ids === undefined ? value : `case when ${value} in (${ids}) then ${value} end`
}

function metadataSql(alias: string, key: string): string {
  // Two calls that look for one character each; translate() goes through all characters and takes longer than the rest of a short cell.
  return `replace(replace(${alias}.metadata->>${literal(key)}, e'\\n', e'\\x01'), e'\\r', e'\\x01')`
}
