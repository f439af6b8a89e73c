import type { PoolClient } from 'pg'
import type { ProfileId } from '../../../oneroster/csv'
import type { IssueCodeName, IssueParameters, Severity } from '../../../oneroster/issueCodes'
import type { EntityName } from '../../../oneroster/model'
import type { Storage } from '../storage'

/** What an export takes out of the roster, with nothing left open; kept with the job. */
export interface ExportOptions {
  readonly profile: ProfileId
  readonly mode: 'bulk' | 'delta'
  /** Delta: records changed later than this; null: all. ISO 8601 in UTC. */
  readonly since: string | null
  readonly entities: readonly EntityName[]
  /** sourcedIds of the schools whose people and classes are taken; null: the whole tenant. */
  readonly schools: readonly string[] | null
  readonly activeOnly: boolean
}

/** A job as the worker claimed it. */
export interface ExportJob {
  readonly tenantId: number
  readonly jobId: string
  readonly options: ExportOptions
  /** The package shows no more than these schools do (docs/decisions/schools.md); null: every school. */
  readonly visibleSchools: readonly string[] | null
  readonly attempts: number
  readonly createdBy: string
  /** This claim and no other: whoever lost it cannot write any more. */
  readonly claim: string
}

/** One kind of thing that somebody should look at, with where it was met first. Never a value of a row. */
export interface ExportIssue {
  readonly code: IssueCodeName
  readonly severity: Severity
  readonly file: string
  /** The header is line 1. */
  line?: number
  readonly column?: string
  readonly parameters: IssueParameters
  count: number
}

export interface ExportedFile {
  readonly entity: EntityName
  readonly file: string
  readonly mode: 'bulk' | 'delta'
  rows: number
}

/** What every step of one run works with. */
export interface ExportRun {
  readonly job: ExportJob
  /** Holds the lock of the job and the snapshot. */
  readonly client: PoolClient
  readonly storage: Storage
  readonly issues: ExportIssues
  /** Rows written so far, and how many there will be; the heartbeat tells them. */
  readonly progress: { rows: number; expected: number }
  /** For tests only: lets one stop a worker at a named place. Does nothing otherwise. */
  readonly at: (place: string) => Promise<void>
}

/** Counts issues by code, file and column. */
export interface ExportIssues {
  readonly all: readonly ExportIssue[]
  add(code: IssueCodeName, file: string, place?: { line?: number; column?: string }, count?: number): void
}
