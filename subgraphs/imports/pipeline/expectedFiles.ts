import type { Profile } from '../../../oneroster/csv'
import { entities, type EntityName } from '../../../oneroster/model'
import type { RosterFile, Run } from './job'

/** What each file of a bulk package cannot do without (CSV Binding 1.2 section 9, bulk dependencies; those of optional references left out). */
const dependencies: Partial<Record<EntityName, readonly EntityName[]>> = {
  course: ['org'],
  class: ['academicSession', 'course', 'org'],
  user: ['role', 'org'],
  role: ['user', 'org'],
  userProfile: ['user'],
  enrollment: ['class', 'org', 'user'],
  demographics: ['user'],
}

/** The files that the Japan profiles want in every bulk package (section 3). */
const japanFiles: readonly EntityName[] = ['academicSession', 'class', 'course', 'enrollment', 'org', 'role', 'user']

/** Tells of files that a bulk package should hold besides those it has. A package of changes alone may leave out what did not change. */
export function noteAbsentFiles({ issues }: Run, files: readonly RosterFile[], { japanese }: Profile): void {
  const bulk = files.filter(({ mode }) => mode === 'bulk')
  if (!bulk.length) return
  const there = new Set(files.map(({ entity }) => entity.name))
  const wanted = new Set(bulk.flatMap(({ entity }) => dependencies[entity.name] ?? []))
  for (const name of japanese ? japanFiles : wanted) {
    const { file } = entities[name]
    if (!there.has(name)) issues.add('manifest.fileExpected', { file }, { target: file })
  }
}
