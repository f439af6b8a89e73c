import type { Field } from '../../oneroster/fields'

/**
 * The form of a value in its column; objects go as JSON text, an empty list or text is no value. A list of one blank item is an empty one: CSV, in
 * which the record will be told again, has the same empty cell for both.
 */
export function stored(field: Field, value: unknown): unknown {
  if (value === undefined || value === null || value === '')
    return field.type === 'guidRefs' && field.json === 'required' ? [] : null
  if (isEmptyList(value) && field.json !== 'required') return null
  return field.type === 'metadata' || field.type === 'userIdList' ? JSON.stringify(value) : value
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === ''))
}
