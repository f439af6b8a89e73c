import { compileRowCheck } from '../../../oneroster/validate'
import type { Profile } from '../../../oneroster/csv'
import type { CodeLists } from '../../../oneroster/japanRules'
import type { Issues } from './issues'
import type { HeadedFile } from './readHeaders'

/** Says whether a row may be staged; what is wrong or odd about it goes to the issues. `lines` is how many lines of the file it takes. */
export interface RowValidator {
  validate(line: number, cells: readonly string[]): { good: boolean; lines: number }
}

/** Step 5, for the rows of one file (CSV Binding 1.2 sections 2, 3, 5, 6 and the profile; the rules are in oneroster/rowRules.ts). */
export function rowValidator(
  { name, entity, mode, header, older }: HeadedFile,
  profile: Profile,
  issues: Issues,
  codes?: CodeLists,
): RowValidator {
  const check = compileRowCheck(entity, { mode, profile, header, ...(codes ? { codes } : {}) })
  const clean = { good: true, lines: 1 }
  return {
    validate(line, cells) {
      if (cells.length !== header.length) {
        issues.add('row.columnCount', { file: name, line }, { found: cells.length, expected: header.length })
        return { good: false, lines: linesOf(cells) }
      }
      const findings = check(cells)
      if (!findings) return clean
      let good = true
      for (const { code, column, severity, parameters } of findings) {
        issues.add(code, { file: name, line, column: older?.nameInFile(column) ?? column }, parameters)
        if (severity === 'error') good = false
      }
      return { good, lines: linesOf(cells) }
    },
  }
}

/** A cell with line breaks (an error, but it happens) moves all lines after it. */
export function linesOf(cells: readonly string[]): number {
  return cells.reduce((lines, cell) => lines + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 1)
}
