import { columnOf } from '../../../oneroster/fields'
import { entities } from '../../../oneroster/model'
import { refersSql, typedReferences, type TypedReference } from '../../../oneroster/typedReferences'
import { survivors, type Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { rule, taken, type ReferenceRule } from './referenceRules'

/** Under Japan's profiles the parent of a school is its district (OneRoster Japan Profile, orgs.csv). */
const parentOfSchool: TypedReference = {
  ...{ from: 'org', field: entities.org.fields.find(({ name }) => name === 'parent')!, target: 'org' },
  fits: (type) => `${type} = 'district'`,
  of: (row) => `${row}.type = 'school'`,
  ...{ notFitting: 'reference.notDistrict', stillUsed: 'reference.districtStillUsed' },
}
const typed: readonly TypedReference[] = [parentOfSchool, ...typedReferences]

/** Rows of the file that refer to what is, or will be, of another type. */
export function typedTargets(staged: Staged, file: StagedFile): ReferenceRule[] {
  return typed
    .filter(({ from }) => from === file.entity.name)
    .map((reference) => {
      const { field, target, fits, of = () => 'true', notFitting } = reference
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
  return typed
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
export const isOfChangedType = ({ code }: ReferenceRule): boolean => typed.some(({ stillUsed }) => stillUsed === code)

/** The stored records that refer to `c` and will not be written, in parts. */
function usersOf(run: Run, staged: Staged, reference: TypedReference): string[] {
  const { from } = reference
  const refers = refersSql(reference, 'r', 'c.sourced_id')
  const file = staged.get(from)
  if (!file || run.job.options.onError === 'SKIP') return survivors(run, staged, from, '', refers)
  // While any error refuses the package, a bad row may be the one that refers to something else now: it is told, not its consequences.
  if (file.keyless) return []
  const notSent = `not exists (select from ${file.table} z where z.sourced_id = r.sourced_id)`
  return survivors(run, staged, from, '', `${refers} and ${notSent}`)
}
