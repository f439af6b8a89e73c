import facts from '../../fixtures/onerosterFacts.json'

/**
 * What the corpus knows of the standard, from test/fixtures/onerosterFacts.json (taken from the documents, not from the model) and from the
 * clauses named here. Nothing of it comes from `oneroster/`: the code under test must not say what is expected of it.
 */
export type Generation = 'base-1.2' | 'base-1.2.1' | 'jp-2nd-edition' | 'jp-1.2.1' | 'jp-k12-1.0'
export const japaneseGenerations = ['jp-2nd-edition', 'jp-1.2.1', 'jp-k12-1.0'] as const
export const generations: readonly Generation[] = ['base-1.2', 'base-1.2.1', ...japaneseGenerations]

export const isJapanese = (generation: Generation) => generation.startsWith('jp-')

/** Manifest property oneroster.version by generation (Japan profile section 1). */
export const versionOf = (generation: Generation) => (generation === 'jp-k12-1.0' ? '1.2_JP' : '1.2')

export interface ColumnFact {
  readonly file: RosterFileName
  readonly column: string
  readonly type: string
  /** Cell must be filled; `delta`: empty in bulk rows, filled in delta rows (CSV Binding 1.2 section 5). */
  readonly required: boolean | 'delta'
  readonly values?: readonly string[]
  readonly extensible?: boolean
  /** File of the records that the cell refers to. */
  readonly target?: RosterFileName
}

export const files = {
  org: 'orgs.csv',
  academicSession: 'academicSessions.csv',
  course: 'courses.csv',
  class: 'classes.csv',
  user: 'users.csv',
  role: 'roles.csv',
  userProfile: 'userProfiles.csv',
  enrollment: 'enrollments.csv',
  demographics: 'demographics.csv',
} as const
export type RosterFileName = (typeof files)[keyof typeof files]
export const rosterFileNames = Object.values(files)

interface Fact {
  csv?: string
  type: string
  requiredCsv?: boolean | string
  values?: string[]
  extensible?: boolean
  references?: string
}

/** The columns of the nine files of a roster (CSV Binding 1.2 section 9). */
export const columns: readonly ColumnFact[] = Object.entries(facts.entities as Record<string, Fact[]>).flatMap(
  ([entity, all]) =>
    all
      .filter(({ csv }) => csv && csv !== 'metadata.*')
      .map((fact) => {
        const target = fact.references ? files[fact.references as keyof typeof files] : undefined
        return {
          file: files[entity as keyof typeof files],
          column: fact.csv!,
          // References of roles and userProfiles are URIs in JSON and GUIDs in CSV (section 3).
          type: fact.type === 'uri' ? (fact.references ? 'guidRef' : 'guid') : fact.type,
          required: fact.requiredCsv as boolean | 'delta',
          ...(fact.values ? { values: fact.values } : {}),
          ...(fact.extensible === undefined ? {} : { extensible: fact.extensible }),
          ...(target ? { target } : {}),
        }
      }),
)

/** The header of a file in a generation (section 9 and 10; Japan profile section 5). */
export function headerOf(generation: Generation, file: string): string[] {
  if (isJapanese(generation)) {
    const own = facts.profiles[generation as 'jp-1.2.1'].headers as Record<string, string[]>
    if (own[file]) return [...own[file]]
  }
  const header = [...facts.headers[file as keyof typeof facts.headers]]
  if (generation === 'base-1.2' && file === 'users.csv')
    header.splice(header.indexOf('userMasterIdentifier') + 1, 0, 'resourceSourcedIds')
  return header
}

/** All files that a manifest names, in no order that matters (section 4). */
export const manifestFiles = Object.keys(facts.headers).map((file) => file.replace('.csv', ''))

/** The header of a file that RosterHub does not hold. */
export const otherHeader = (file: string) => facts.headers[file as keyof typeof facts.headers].join(',')
