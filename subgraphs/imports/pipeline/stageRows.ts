import { metadataKey, type Profile } from '../../../oneroster/csv'
import type { Field } from '../../../oneroster/fields'
import { isGuid, parseUserIds } from '../../../oneroster/formats'
import { japanMetadataKinds } from '../../../oneroster/japanRules'
import type { Entity } from '../../../oneroster/model'
import type { FileMode } from './job'
import { dataColumns } from './staging'

/** Rows as lines of PostgreSQL's COPY text format, in the columns of the staging table. */
export interface RowEncoder {
  readonly columns: readonly string[]
  /** A row that was found good. */
  good(line: number, cells: readonly string[]): string
  /** A row with an error: only its key. Empty when the key itself is none. */
  rejected(line: number, cells: readonly string[]): string
}

/** For rows of `header` under `profile`. Encoding is the last step before the wire: cells are already known to fit their columns. */
export function rowEncoder(
  entity: Entity,
  header: readonly string[],
  options: { mode: FileMode; profile: Profile },
): RowEncoder {
  const own = dataColumns(entity)
  const encoders = entity.fields
    .filter((field) => field.name !== 'dateLastModified')
    .map((field) => encoder(field, header, options))
  const nulls = '\t\\N'.repeat(own.length - 1)
  const keyAt = header.indexOf('sourcedId')
  return {
    columns: ['line', 'rejected', ...own],
    good(line, cells) {
      let text = `${line}\tf`
      for (let index = 0; index < encoders.length; index++) text += `\t${encoders[index]!(cells)}`
      return `${text}\n`
    },
    rejected(line, cells) {
      const key = cells[keyAt] ?? ''
      return isGuid(key) ? `${line}\tt\t${key}${nulls}\n` : ''
    },
  }
}

type CellEncoder = (cells: readonly string[]) => string
const none = '\\N'

function encoder(
  field: Field,
  header: readonly string[],
  { mode, profile }: { mode: FileMode; profile: Profile },
): CellEncoder {
  if (field.type === 'metadata') return metadataEncoder(header, profile.japanese)
  if (field.name === 'status' && mode === 'bulk') return () => 'active'
  const at = header.indexOf(field.csv!)
  const encode = valueEncoder(field, profile.japanese)
  return (cells) => {
    const value = cells[at]!
    return value === '' ? none : encode(value)
  }
}

function valueEncoder(field: Field, japanese: boolean): (value: string) => string {
  switch (field.type) {
    case 'stringList':
      return array
    case 'guidRefs':
      return (value) => (value === 'NULL' ? none : array(value))
    case 'guidRef':
    case 'profileRef':
      return (value) => (value === 'NULL' ? none : value)
    case 'userIdList':
      return userIds
    case 'enum':
      // Guardians in enrollments are held as the base vocabulary allows (Japan profile section 9).
      return japanese && field.values === 'enrollmentRole'
        ? (value) => (value === 'guardian' ? 'ext:guardian' : value)
        : (value) => value
    case 'guid':
    case 'boolean':
    case 'date':
    case 'year':
      return (value) => value
    default:
      return escape
  }
}

/**
 * Extension columns as they came, by the rest of their name; empty ones are left out. Those that the Japan profiles define are read as
 * other columns of their kind are: NULL for no reference, true and false in any case (sections 5.2 and 5.4).
 */
function metadataEncoder(header: readonly string[], japanese: boolean): CellEncoder {
  const extensions = header
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.startsWith('metadata.'))
    .map(({ column, index }) => {
      const kind = japanese ? japanMetadataKinds[column] : undefined
      return { key: JSON.stringify(metadataKey(column)), index, read: kind && metadataReaders[kind] }
    })
  if (!extensions.length) return () => none
  const plainKeys = extensions.every(({ key }) => !/[\\\t\n\r]/.test(key))
  return (cells) => {
    let members = ''
    let isPlain = true
    for (const { key, index, read } of extensions) {
      const value = read ? read(cells[index]!) : cells[index]!
      if (value === '') continue
      const plain = !jsonEscapes.test(value)
      isPlain &&= plain
      members += `${members ? ',' : ''}${key}:${plain ? `"${value}"` : JSON.stringify(value)}`
    }
    if (!members) return none
    return isPlain && plainKeys ? `{${members}}` : escape(`{${members}}`)
  }
}

const metadataReaders: Partial<Record<string, (value: string) => string>> = {
  guid: (value) => (value === 'NULL' ? '' : value),
  boolean: (value) => value.toLowerCase(),
}

/** What JSON writes otherwise than as it is. Texts without any of it are nearly all, and need neither JSON.stringify nor `escape`. */
const jsonEscapes = /["\\\u0000-\u001f\ud800-\udfff]/

/** One identifier, as most people have, is written without being taken apart by a regular expression. */
function userIds(value: string): string {
  const colon = value.indexOf(':')
  if (value.includes('{', 1) || jsonEscapes.test(value)) return escape(JSON.stringify(parseUserIds(value)))
  return `[{"type":"${value.slice(1, colon)}","identifier":"${value.slice(colon + 1, -1)}"}]`
}

/** An array literal; items are always quoted, so that none of them can be read as the word NULL. */
function array(value: string): string {
  if (!value.includes(',') && !/["\\\t]/.test(value)) return `{"${value}"}`
  const items = value.split(',').map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`)
  return escape(`{${items.join(',')}}`)
}

function escape(value: string): string {
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (character) => escapes[character]!) : value
}
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
