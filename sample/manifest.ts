import { packageFiles, profiles } from '../oneroster/csv'
import { completeOptions, OptionError, type CompleteOptions } from './options'
import type { SampleFile } from './packageFiles'
import type { Row } from './row'

/**
 * manifest.csv (CSV Binding 1.2 section 4). `source.systemCode` says how the package was made, so that a delta can be made of a package
 * alone: the options of its district, and how far the deltas before it went through the families.
 */
export interface Origin {
  readonly options: CompleteOptions
  /** Number of deltas since the bulk package. */
  readonly revision: number
  /** Families that these deltas have looked at, in the order of delta.ts. */
  readonly cursor: number
}

export const manifestHeader = ['propertyName', 'value']

const systemName = 'RosterHub sample district'

/** The rows of the manifest; a file that is not in `present` is absent. */
export function manifestRows(origin: Origin, mode: 'bulk' | 'delta', present: ReadonlySet<SampleFile>): Row[] {
  const files = packageFiles.map((file) => [`file.${file}`, (present as Set<string>).has(file) ? mode : 'absent'])
  return [
    ['manifest.version', '1.0'],
    ['oneroster.version', profiles[origin.options.profile].onerosterVersion],
    ...files,
    ['source.systemName', systemName],
    ['source.systemCode', writeOrigin(origin)],
  ].map(([propertyName, value]) => ({ propertyName: propertyName!, value: value! }))
}

function writeOrigin({ options, revision, cursor }: Origin): string {
  const facts = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...options, revision, cursor })) facts.set(name, String(value))
  return facts.toString()
}

/** The origin of a package with these manifest properties; throws OptionError when no sample generator made it. */
export function originOf(properties: ReadonlyMap<string, string>): Origin {
  if (properties.get('source.systemName') !== systemName) {
    throw new OptionError(
      '--delta-of must name a package that this command made: its manifest names another source.systemName',
    )
  }
  const facts = new URLSearchParams(properties.get('source.systemCode'))
  const text = (name: string) => facts.get(name) ?? ''
  const options = completeOptions({
    students: Number(text('students')),
    schools: Number(text('schools')),
    profile: text('profile') as CompleteOptions['profile'],
    seed: text('seed'),
    year: Number(text('year')),
    guardians: Number(text('guardians')),
    demographics: text('demographics') === 'true',
    userProfiles: Number(text('userProfiles')),
  })
  return { options, revision: Number(text('revision')), cursor: Number(text('cursor')) }
}
