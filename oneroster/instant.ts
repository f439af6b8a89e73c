/** A date-only value for a dateTime field means 00:00:00.000Z of that day. */
const pattern = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/**
 * A date or dateTime of a filter as an instant in UTC (OneRoster 1.2 REST binding, filtering: dates compare as instants); a time without a zone is
 * UTC. Undefined for what is none, days that do not exist, and instants outside the years 1 to 9999, which neither PostgreSQL nor ISO 8601 writes so.
 */
export function readInstant(text: string): Date | undefined {
  if (!pattern.test(text)) return undefined
  const parsed = new Date(withZone(text))
  const year = parsed.getUTCFullYear()
  return year >= 1 && year <= 9999 && isDay(text.slice(0, 10)) ? parsed : undefined
}

/** An instant that readInstant read of a text, for SQL: to the microsecond, where a Date ends at milliseconds. */
export function instantText(text: string, instant: Date): string {
  const finer = /\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? ''
  return instant.toISOString().replace('Z', `${finer}Z`)
}

/** Whether a date carries a time of day. */
export function hasTime(text: string): boolean {
  return text.length > 10
}

function withZone(text: string): string {
  const normal = text.replace(' ', 'T')
  return !hasTime(normal) || /(Z|[+-]\d{2}:?\d{2})$/.test(normal) ? normal : `${normal}Z`
}

/** JavaScript rolls 2026-02-31 over to March; such a day does not exist. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00.000Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
