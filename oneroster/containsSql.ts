import type { Parameters } from './filterSql'

/**
 * Whether a text holds another, whatever their case (REST binding, filtering: `~`). Position, not LIKE: the text sought may hold % and _.
 * PostgreSQL folds just A to Z in the collation of the columns, which is enough for what is sought in kanji, kana or plain letters; ICU, which
 * takes half as long again, knows letters such as full-width ones.
 */
export function containsSql(operand: string, sought: string, params: Parameters): string {
  const collation = hasCaseBeyondAscii(sought) ? 'und-x-icu' : 'C'
  const [needle, text] = [lowerSql(`${params.add(sought)}::text`, collation), lowerSql(operand, collation)]
  return `coalesce(position(${needle} in ${text}) > 0, false)`
}

/** The collation is named, since that of a parameter is the database's, whatever that may be. */
export function lowerSql(operand: string, collation: 'C' | 'und-x-icu' = 'C'): string {
  return `lower((${operand}) collate "${collation}")`
}

function hasCaseBeyondAscii(text: string): boolean {
  const beyond = text.replaceAll(/[A-Za-z]/g, '')
  return beyond.toLowerCase() !== beyond.toUpperCase()
}
