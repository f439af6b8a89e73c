import type { ProfileId } from '../../../oneroster/csv'
import { severityOf, type IssueCodeName, type IssueParameters, type Severity } from '../../../oneroster/issueCodes'

/** One thing found. Never a value of a row: only where it stands and what was expected. */
export interface Issue {
  readonly code: IssueCodeName
  readonly severity: Severity
  readonly file?: string
  /** The header is line 1. */
  readonly line?: number
  readonly column?: string
  readonly parameters: IssueParameters
}

export interface IssueCount {
  readonly code: IssueCodeName
  readonly severity: Severity
  readonly file?: string
  count: number
}

/** Counts all and keeps the first of each code and file, so that a million bad rows cost no memory. */
export interface Issues {
  readonly kept: readonly Issue[]
  readonly counts: readonly IssueCount[]
  readonly errors: number
  /** From here on severities are those of this profile; what is none of its rules is not noted. */
  under(profile: ProfileId): void
  add(code: IssueCodeName, place?: Place, parameters?: IssueParameters): void
  /** Many of one kind at once: `count` of them, of which `lines` are the first; none for records that the file does not hold. */
  addMany(
    code: IssueCodeName,
    place: Omit<Place, 'line'>,
    parameters: IssueParameters,
    count: number,
    lines: readonly number[],
  ): void
}
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly column?: string
}

export const keptPerCodeAndFile = 100

export function collectIssues(): Issues {
  const kept: Issue[] = []
  const counts = new Map<string, IssueCount>()
  let errors = 0
  let profile: ProfileId | undefined

  function count(code: IssueCodeName, severity: Severity, file: string | undefined, by: number): IssueCount {
    const key = `${code} ${file ?? ''}`
    const entry = counts.get(key) ?? { code, severity, ...(file ? { file } : {}), count: 0 }
    entry.count += by
    counts.set(key, entry)
    if (entry.severity === 'error') errors += by
    return entry
  }
  function keep(code: IssueCodeName, severity: Severity, place: Place, parameters: IssueParameters): void {
    kept.push({ code, severity, ...place, parameters })
  }

  return {
    kept,
    get counts() {
      return [...counts.values()]
    },
    get errors() {
      return errors
    },
    under(id) {
      profile = id
    },
    add(code, place = {}, parameters = {}) {
      const severity = severityOf(code, profile)
      if (severity === 'off') return
      if (count(code, severity, place.file, 1).count <= keptPerCodeAndFile) keep(code, severity, place, parameters)
    },
    addMany(code, place, parameters, many, lines) {
      const severity = severityOf(code, profile)
      if (severity === 'off') return
      const before = count(code, severity, place.file, many).count - many
      if (!lines.length && before < keptPerCodeAndFile) keep(code, severity, place, parameters)
      for (const line of lines.slice(0, Math.max(0, keptPerCodeAndFile - before)))
        keep(code, severity, { ...place, line }, parameters)
    },
  }
}
