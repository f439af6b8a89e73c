import { entities, type Entity, type EntityName } from './model'

/**
 * CSV headers of every profile generation (CSV Binding 1.2 and 1.2.1 section 9; Japan profiles 第2版, v1.2.1, K-12/Schools v1.0).
 * Generations differ in three things only: one column of users, the Japanese extension columns, and what the manifest says.
 */
export type ProfileId = 'base-1.2' | 'base-1.2.1' | 'jp-2nd-edition' | 'jp-1.2.1' | 'jp-k12-1.0'

export interface Profile {
  readonly id: ProfileId
  readonly name: string
  /** Manifest property oneroster.version as this generation writes it. */
  readonly onerosterVersion: '1.2' | '1.2_JP'
  readonly japanese: boolean
  /** users.csv of 1.2.0 has resourceSourcedIds behind userMasterIdentifier; 1.2.1 moved it to userResources.csv. */
  readonly resourceSourcedIds: boolean
  /** Extension columns by entity, in order. */
  readonly metadataColumns: Partial<Record<EntityName, readonly string[]>>
}

const kanaAndHomeClass = ['kanaGivenName', 'kanaFamilyName', 'kanaMiddleName', 'homeClass']
const kanaPreferred = ['kanaPreferredFamilyName', 'kanaPreferredGivenName', 'kanaPreferredMiddleName']
const jp = (names: readonly string[]) => names.map((name) => `metadata.jp.${name}`)

export const profiles: Record<ProfileId, Profile> = {
  'base-1.2': {
    id: 'base-1.2',
    name: 'OneRoster CSV 1.2',
    onerosterVersion: '1.2',
    japanese: false,
    resourceSourcedIds: true,
    metadataColumns: {},
  },
  'base-1.2.1': {
    id: 'base-1.2.1',
    name: 'OneRoster CSV 1.2.1',
    onerosterVersion: '1.2',
    japanese: false,
    resourceSourcedIds: false,
    metadataColumns: {},
  },
  'jp-2nd-edition': {
    id: 'jp-2nd-edition',
    name: 'OneRoster Japan Profile 第2版 (v1.2)',
    onerosterVersion: '1.2',
    japanese: true,
    resourceSourcedIds: true,
    metadataColumns: {
      user: jp(kanaAndHomeClass),
      class: jp(['specialNeeds']),
      enrollment: jp(['ShussekiNo', 'PublicFlg']),
    },
  },
  'jp-1.2.1': {
    id: 'jp-1.2.1',
    name: 'OneRoster Japan Profile v1.2.1',
    onerosterVersion: '1.2',
    japanese: true,
    resourceSourcedIds: false,
    metadataColumns: {
      user: jp([...kanaAndHomeClass, ...kanaPreferred]),
      class: jp(['specialNeeds']),
      enrollment: jp(['ShussekiNo', 'PublicFlg']),
    },
  },
  'jp-k12-1.0': {
    id: 'jp-k12-1.0',
    name: 'OneRoster 1.2 Japan K-12/Schools Profile v1.0',
    onerosterVersion: '1.2_JP',
    japanese: true,
    resourceSourcedIds: false,
    metadataColumns: {
      user: jp([...kanaAndHomeClass, ...kanaPreferred]),
      class: jp(['specialNeeds']),
      enrollment: jp(['shussekiNo', 'publicFlg']),
    },
  },
}

/** Manifest versions that an importer accepts; real packages of every generation carry one of them. */
export const acceptedVersions = ['1.2', '1.2.1', '1.2_JP'] as const

/** The header row that a package of this generation has for this entity's file. */
export function csvHeader(profile: Profile, entity: Entity): string[] {
  return [...definedColumns(entity, profile.resourceSourcedIds), ...(profile.metadataColumns[entity.name] ?? [])]
}

/** The columns the standard defines, without extensions, in order. */
export function definedColumns(entity: Entity, withResourceSourcedIds = false): string[] {
  const columns = entity.fields.flatMap((field) => field.csv ?? [])
  if (entity.name === 'user' && withResourceSourcedIds) {
    columns.splice(columns.indexOf('userMasterIdentifier') + 1, 0, resourceSourcedIds)
  }
  return columns
}

export const resourceSourcedIds = 'resourceSourcedIds'

/** The two spellings of the enrollment extensions; rows are held under the newer one. */
const canonicalSpelling: ReadonlyMap<string, string> = new Map([
  ['jp.ShussekiNo', 'jp.shussekiNo'],
  ['jp.PublicFlg', 'jp.publicFlg'],
])

/** Key in the metadata object of a column `metadata.*`: the rest of its name, in the canonical spelling. */
export function metadataKey(column: string): string {
  const key = column.slice('metadata.'.length)
  // The name is the sender's and may be that of a property which every object has.
  return canonicalSpelling.get(key) ?? key
}

/** Metadata from JSON as it is held: keys in the canonical spelling, which counts where a record has both. */
export function heldMetadata(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isOlder = ([key]: [string, unknown]) => canonicalSpelling.has(key)
  const entries = Object.entries(metadata)
  const renamed = entries.filter(isOlder).map(([key, value]) => [canonicalSpelling.get(key)!, value])
  return Object.fromEntries([...renamed, ...entries.filter((entry) => !isOlder(entry))])
}

/** `metadata.` and a name: anything that can stand in a header, so no control characters, which PostgreSQL's JSON would not take either. */
export function isExtension(column: string): boolean {
  return /^metadata\.\P{Cc}+$/u.test(column)
}

/** The column under the name by which it is held: two columns of one such name are one column twice. */
export function canonicalColumn(column: string): string {
  return column.startsWith('metadata.') ? `metadata.${metadataKey(column)}` : column
}

/** Every file that a 1.2 package may hold besides manifest.csv, in the order of the manifest (CSV Binding 1.2 section 4). */
export const packageFiles = [
  'academicSessions',
  'categories',
  'classes',
  'classResources',
  'courses',
  'courseResources',
  'demographics',
  'enrollments',
  'lineItemLearningObjectiveIds',
  'lineItems',
  'lineItemScoreScales',
  'orgs',
  'resources',
  'resultLearningObjectiveIds',
  'results',
  'resultScoreScales',
  'roles',
  'scoreScales',
  'userProfiles',
  'userResources',
  'users',
] as const

/** Of these, the nine that RosterHub holds; a package may carry the others, which are reported as not taken. */
export const rosterFiles = Object.values(entities).map((entity) => entity.file)
