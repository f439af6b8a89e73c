import type { Pool, PoolClient } from 'pg'
import type { Profile, ProfileId } from '../../../oneroster/csv'
import type { OlderId } from '../../../oneroster/csv11'
import type { CodeLists } from '../../../oneroster/japanRules'
import type { Entity } from '../../../oneroster/model'
import type { Storage } from '../storage'
import type { OlderRows } from './convertRows'
import type { Issues } from './issues'
import type { Progress } from './progress'

/** What an admin may choose when uploading; kept with the job. */
export interface ImportOptions {
  /** Code of the sender. Bulk files remove only what the same sender sent before. */
  readonly source: string
  /** Forces a generation; undefined: recognised from manifest and headers. */
  readonly profile?: ProfileId | OlderId
  /** For what has no manifest: a single CSV (bulk unless said), and OneRoster 1.0 (removes nothing unless bulk is said). */
  readonly mode?: FileMode
  readonly onError: 'REJECT' | 'SKIP'
  readonly dryRun: boolean
  /** Reads the file although it was recognised (recogniseFile.ts). */
  readonly force?: boolean
}
export type FileMode = 'bulk' | 'delta'

/** A job as the worker claimed it. */
export interface Job {
  readonly tenantId: number
  readonly jobId: string
  readonly options: ImportOptions
  readonly fileName: string
  readonly storageKey: string
  readonly attempts: number
  /** Runs that failed through what may pass (faults.ts). */
  readonly faults?: number
  /** It goes before a job that was uploaded before it, and is put back when it would be refused or held. */
  readonly overtakes?: boolean
  readonly confirmed: boolean
  readonly createdBy: string
  /** This claim and no other: whoever lost it cannot write any more. */
  readonly claim: string
}

export type Step =
  'openPackage' | 'readManifest' | 'parseRows' | 'checkReferences' | 'removalLimit' | 'mergeStaged' | 'writeReport'

/** What every step of one run works with. */
export interface Run {
  readonly job: Job
  readonly sourceId: number
  /** The connection that holds the tenant's import lock; staging and merge happen on it. */
  readonly client: PoolClient
  readonly pool: Pool
  readonly storage: Storage
  readonly issues: Issues
  readonly progress: Progress
  /** Share of an entity's rows that a bulk file may remove unconfirmed, 0 to 1. */
  readonly removalLimit: number
  /** Grade and subject codes that are known here; undefined: those of the profile documents. */
  readonly codes?: CodeLists
  /** Aborted when the job is cancelled, the claim is lost or the worker closes. */
  readonly signal: AbortSignal
  /** For tests only: lets one stop a worker at a named place. Does nothing otherwise. */
  readonly at: (place: string) => Promise<void>
}

/** One file of the package that goes into the roster. */
export interface RosterFile {
  readonly name: string
  readonly entity: Entity
  readonly mode: FileMode
  /** Uncompressed size. */
  readonly bytes: number
  readonly open: () => Promise<NodeJS.ReadableStream>
  /** Of a file of OneRoster 1.1 or 1.0. */
  readonly older?: OlderRows
}

/** A file after parsing: what was counted and where its rows are. */
export interface StagedFile extends RosterFile {
  readonly header: readonly string[]
  /** Schema-qualified name of the staging table. */
  readonly table: string
  readonly profile: Profile
  readonly counts: FileCounts
  /** Of roles made of users.csv: the staged users. Of one whose row is left out nothing is known, so the stored roles stay. */
  readonly users?: string
  /** Some row's sourcedId could not be read: nobody knows which record it was, so none may be taken for missing. */
  keyless?: boolean
  /** Of a bulk file that removes more than it may unconfirmed: out of how many records. */
  removedOf?: number
}

export interface FileCounts {
  read: number
  created: number
  updated: number
  unchanged: number
  removed: number
  rejected: number
}

export const noCounts = (): FileCounts => ({ read: 0, created: 0, updated: 0, unchanged: 0, removed: 0, rejected: 0 })

/** Ends a run because of the data: the issues say why. */
export class PackageRefused extends Error {
  constructor() {
    super('the package was refused')
    this.name = 'PackageRefused'
  }
}

/** Ends a run because it would remove so much that a person must look first. */
export class NeedsConfirmation extends Error {
  constructor() {
    super('the import needs to be confirmed')
    this.name = 'NeedsConfirmation'
  }
}

/** Somebody else has this job now, or it was cancelled: this run must leave it alone. */
export class ClaimLost extends Error {
  constructor() {
    super('the job is no longer claimed by this run')
    this.name = 'ClaimLost'
  }
}
