const names = new Map<string, string>()
/** PostgreSQL keeps a prepared statement as long as its connection; more texts than this are parsed each time. */
const mostNames = 300

/**
 * A name for a statement whose text comes again and again, so that a connection parses it once (and plans it once where PostgreSQL finds that
 * the values make no difference). Undefined when there are too many texts already. Not for texts that callers shape
 * at will, such as filters.
 */
export function preparedName(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= mostNames) return known
  const name = `roster_${names.size}`
  names.set(text, name)
  return name
}
