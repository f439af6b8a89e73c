import type { VocabularyName } from './vocabulary'

/**
 * The types a field may have, and what each binding makes of them.
 * A reference is a GUIDRef in JSON, a bare sourcedId in CSV and a text column in PostgreSQL.
 */
export type FieldType =
  | 'guid'
  | 'string'
  | 'enum'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'year'
  | 'stringList'
  | 'userIdList'
  | 'guidRef'
  | 'guidRefs'
  | 'profileRef'
  | 'metadata'

export interface Field {
  /** Name in JSON and GraphQL; for a field that only CSV has, its column name. */
  readonly name: string
  /** Column name in CSV; undefined for metadata, whose columns are named by the sender. */
  readonly csv?: string
  readonly type: FieldType
  /** `absent`: the field has no place in JSON. */
  readonly json: 'required' | 'optional' | 'absent'
  /** `delta`: blank in bulk rows, filled in delta rows (CSV Binding 1.2 section 5). */
  readonly csvRequired: boolean | 'delta'
  readonly values?: VocabularyName
  readonly references?: string
  /** The type that the referenced record must have (CSV Binding 1.2 section 6). */
  readonly referencedType?: 'school' | 'schoolYear'
  /** Equality does not regard case: mail addresses are typed by people (what Google Classroom asks of a provider). */
  readonly caseless?: true
  /** Held for the round trip, never served (docs/decisions/passwords.md). */
  readonly secret?: true
}

/** SQL type of a field's column. All text is compared by code point (`COLLATE "C"`), as OneRoster sorts. */
export const columnTypes: Record<FieldType, string> = {
  guid: 'text',
  string: 'text',
  enum: 'text',
  boolean: 'boolean',
  date: 'date',
  dateTime: 'timestamptz(3)',
  year: 'text',
  stringList: 'text[]',
  userIdList: 'jsonb',
  guidRef: 'text',
  guidRefs: 'text[]',
  profileRef: 'text',
  metadata: 'jsonb',
}

/** Property of a row in memory: references carry their CSV name (`schoolSourcedId`), everything else its JSON name. */
export function propertyOf(field: Field): string {
  return isReference(field) ? field.csv! : field.name
}

/** Column in PostgreSQL: the property in snake_case. */
export function columnOf(field: Field): string {
  return snakeCase(propertyOf(field))
}

/** Column that equality looks at: of a caseless field the lower-case twin that PostgreSQL keeps, so that an index serves it. */
export function equalityColumnOf(field: Field): string {
  return field.caseless ? `${columnOf(field)}_lower` : columnOf(field)
}

export function isReference(field: Field): boolean {
  return field.type === 'guidRef' || field.type === 'guidRefs' || field.type === 'profileRef'
}

/** A text that JSON requires and CSV may leave out: it is served as "" when absent (OneRoster 1.2 Rostering OpenAPI: identifier, courseCode). */
export function isEmptyWhenAbsent(field: Field): boolean {
  return field.type === 'string' && field.json === 'required' && !field.csvRequired
}

export function isList(field: Field): boolean {
  return field.type === 'stringList' || field.type === 'guidRefs'
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
