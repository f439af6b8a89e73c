import { columnOf, isReference, type Field } from '../../../oneroster/fields'
import type { IssueCodeName } from '../../../oneroster/issueCodes'
import { entities, type EntityName } from '../../../oneroster/model'
import { survivors, type Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { rule, taken, type ReferenceRule } from './referenceRules'

/** A reference whose target must be of a certain type. */
interface TypedReference {
  readonly from: EntityName
  readonly field: string
  readonly target: EntityName
  /** SQL: whether a type will do. */
  readonly fits: (type: string) => string
  /** SQL: the referring rows that are meant, if not all. */
  readonly of?: (row: string) => string
  /** Told of the row that refers to something else. */
  readonly notFitting: IssueCodeName
  /** Told of the row that makes something else of what stored records refer to. */
  readonly stillUsed: IssueCodeName
}

const school: Omit<TypedReference, 'from'> = {
  ...{ field: 'school', target: 'org', fits: (type: string) => `(${type} = 'school' or ${type} like 'ext:%')` },
  ...{ notFitting: 'reference.notSchool', stillUsed: 'reference.schoolStillUsed' },
}

/** Schools are orgs of type school (or an extension of it), school years sessions of type schoolYear (CSV Binding 1.2 section 6). */
const typedReferences: readonly TypedReference[] = [
  {
    ...{ from: 'org', field: 'parent', target: 'org', fits: (type) => `${type} = 'district'` },
    of: (row) => `${row}.type = 'school'`,
    ...{ notFitting: 'reference.notDistrict', stillUsed: 'reference.districtStillUsed' },
  },
  { from: 'class', ...school },
  { from: 'enrollment', ...school },
  {
    ...{ from: 'course', field: 'schoolYear', target: 'academicSession', fits: (type) => `${type} = 'schoolYear'` },
    ...{ notFitting: 'reference.notSchoolYear', stillUsed: 'reference.schoolYearStillUsed' },
  },
]

/** Rows of the file that refer to what is, or will be, of another type. */
export function typedTargets(staged: Staged, file: StagedFile): ReferenceRule[] {
  return typedReferences
    .filter(({ from }) => from === file.entity.name)
    .map((reference) => {
      const { target, fits, of = () => 'true', notFitting } = reference
      const field = fieldOf(reference)
      const inPackage = staged.get(target)
      const stored = `select sourced_id, type from ${entities[target].table} where tenant_id = $1`
      // The package's word on a target's type goes before what is stored.
      const types = inPackage
        ? `select sourced_id, type from ${inPackage.table} where not rejected union all ${stored} and not exists (
             select from ${inPackage.table} p where p.sourced_id = ${entities[target].table}.sourced_id and not p.rejected)`
        : stored
      return rule(
        notFitting,
        file,
        field.csv!,
        `select s.line, false as left_out from ${file.table} s
           join (select sourced_id from (${types}) all_types where not coalesce(${fits('type')}, false)) wrong
             on wrong.sourced_id = s."${columnOf(field)}"
         where ${taken} and ${of('s')}`,
      )
    })
}

/**
 * Rows of the file that give a stored record another type, while stored records that stay as they are refer to it for the type it had. (Rows
 * of the package that do so are told by typedTargets.) Costs one join by the keys where no type changes.
 */
export function changedButUsed(run: Run, staged: Staged, file: StagedFile): ReferenceRule[] {
  return typedReferences
    .filter(({ target }) => target === file.entity.name)
    .flatMap((reference) => {
      const { from, fits, stillUsed } = reference
      const changed = `select s.line, s.sourced_id from ${file.table} s join ${file.entity.table} t
           on t.tenant_id = $1 and t.sourced_id = s.sourced_id
         where ${taken} and ${fits('t.type')} and not ${fits('s.type')}`
      const users = usersOf(run, staged, reference).map(
        (part) => `select c.line, false as left_out from (${changed}) c where exists (${part})`,
      )
      if (!users.length) return []
      return [
        {
          ...rule(stillUsed, file, 'type', users.join(' union '), { target: entities[from].file }),
          onlyIf: changed,
        },
      ]
    })
}

/** Whether a rule is one of changedButUsed. */
export const isOfChangedType = ({ code }: ReferenceRule): boolean =>
  typedReferences.some(({ stillUsed }) => stillUsed === code)

/** The stored records that refer to `c` and will not be written, in parts. */
function usersOf(run: Run, staged: Staged, reference: TypedReference): string[] {
  const { from, of = () => 'true' } = reference
  const refers = `r."${columnOf(fieldOf(reference))}" = c.sourced_id and ${of('r')}`
  const file = staged.get(from)
  if (!file) return survivors(staged, from, '', refers)
  if (run.job.options.onError === 'SKIP') {
    // A bulk file in which some sourcedId cannot be read removes nothing.
    const asMerged = file.keyless ? new Map(staged).set(from, { ...file, mode: 'delta' }) : staged
    return survivors(asMerged, from, '', refers)
  }
  // While any error refuses the package, a bad row may be the one that refers to something else now: it is told, not its consequences.
  if (file.keyless) return []
  const notSent = `not exists (select from ${file.table} z where z.sourced_id = r.sourced_id)`
  return survivors(staged, from, '', `${refers} and ${notSent}`)
}

function fieldOf({ from, field }: TypedReference): Field {
  return entities[from].fields.find((candidate) => candidate.name === field && isReference(candidate))!
}
