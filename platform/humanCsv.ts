/**
 * One line of a CSV that people open in a spreadsheet (RFC 4180, CRLF). A cell that a spreadsheet would run as a formula is given a leading
 * apostrophe, which shows it as text. Never for roster exports: there every character counts.
 */
export function humanCsvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(humanCell).join(',')}\r\n`
}

function humanCell(value: string | number | null): string {
  if (typeof value === 'number') return String(value)
  const text = asText(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The cell as a spreadsheet shows it without running it; full-width signs count, since Excel takes them for the others. */
export function asText(cell: string): string {
  return /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(cell) ? `'${cell}` : cell
}
