import type { Filter } from '../../oneroster/filterSql'
import type { Entity } from '../../oneroster/model'
import type { AuditedRead } from '../../platform/readTrail'
import type { RosterContext } from './context'

/** The records of persons: who a user is, in which classes, and what demographics say (docs/audit.md). Roles and profiles come with a user. */
const personalEntities: ReadonlySet<string> = new Set(['user', 'enrollment', 'demographics'])

/** Whether a read of these rows tells something of a person: the classes of a user do, classes as such do not. */
export function isPersonal(entity: Entity, subsetName?: string): boolean {
  return personalEntities.has(entity.name) || (subsetName?.endsWith('OfUser') ?? false)
}

/** Notes a read in the audit trail; a promise is to be awaited before the answer goes out (platform/readTrail.ts). */
export function noteRead({ trail, identity }: RosterContext, read: AuditedRead): Promise<void> | undefined {
  return trail.record(identity, read)
}

/** `readStudentsOfClass`; the enrollments' relations are called `ofClass`, `ofSchool`, `ofUser`. */
export function readOperation(entity: Entity, subsetName: string): string {
  const known = operations.get(subsetName)
  if (known !== undefined) return known
  const name = subsetName.startsWith('of') ? entity.collection + capitalised(subsetName) : subsetName
  const operation = `read${capitalised(name)}`
  operations.set(subsetName, operation)
  return operation
}

const operations = new Map<string, string>()

/** The filtered fields with their predicates, `familyName.contains`; names of the schema only, never a value. */
export function filterNames(filter: Filter | null | undefined): readonly string[] {
  if (!filter) return nothing
  const names = new Set<string>()
  const collect = (value: unknown, path: string): void => {
    if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
      value.forEach((item) => collect(item, path))
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)) {
      for (const [name, inner] of Object.entries(value)) {
        if (inner === undefined) continue
        const isLogic = name === 'AND' || name === 'OR' || name === 'NOT'
        collect(inner, isLogic ? path : path ? `${path}.${name}` : name)
      }
    } else names.add(path)
  }
  collect(filter, '')
  return [...names].sort()
}

const nothing: readonly string[] = []

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
