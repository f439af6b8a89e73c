import type { Field } from '../../oneroster/fields'

/** The form of a value in its column; objects go as JSON text, an empty list or text is no value. */
export function stored(field: Field, value: unknown): unknown {
  if (value === undefined || value === null || value === '')
    return field.type === 'guidRefs' && field.json === 'required' ? [] : null
  if (Array.isArray(value) && value.length === 0 && field.json !== 'required') return null
  return field.type === 'metadata' || field.type === 'userIdList' ? JSON.stringify(value) : value
}
