import { issueCodes, type IssueParameters } from '../../../oneroster/issueCodes'
import type { ExportIssue, ExportIssues } from './exportJob'

/** There are as many at most as files have columns, so they cost no memory. */
export function collectExportIssues(): ExportIssues {
  const found = new Map<string, ExportIssue>()
  return {
    get all() {
      return [...found.values()]
    },
    add(code, file, { line, column } = {}, count = 1) {
      const key = `${code} ${file} ${column ?? ''}`
      const known = found.get(key)
      if (known) return void (known.count += count)
      const parameters: IssueParameters = column ? { column } : {}
      const place = { ...(line ? { line } : {}), ...(column ? { column } : {}) }
      found.set(key, { code, severity: issueCodes[code].severity, file, ...place, parameters, count })
    },
  }
}
