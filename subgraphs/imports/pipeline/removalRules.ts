import { columnOf, type Field } from '../../../oneroster/fields'
import { entities, type Entity } from '../../../oneroster/model'
import { afterwards, type Staged } from './afterwards'
import type { Run, StagedFile } from './job'
import { rule, type ReferenceRule } from './referenceRules'

/**
 * Records that this file removes while stored records that stay refer to them: the standard leaves it to the receiver, so the removal goes
 * on and somebody should look. (Rows of the package that refer to a removed record are `reference.notFound`.) Of a bulk file there is no
 * line to tell: the record is not in it.
 */
export function removedButUsed(run: Run, staged: Staged, file: StagedFile, otherSources: boolean): ReferenceRule[] {
  if (file.mode === 'bulk' && file.keyless) return []
  const gone =
    file.mode === 'bulk'
      ? `select t.sourced_id, null::integer as line from ${file.entity.table} t where t.tenant_id = $1 and t.source_id = $2
           and t.status = 'active' and not exists (select from ${file.table} y where y.sourced_id = t.sourced_id)`
      : `select y.sourced_id, y.line from ${file.table} y where y.status = 'tobedeleted' and not y.rejected`
  return Object.values(entities).flatMap((entity) => {
    // A bulk file of the only source leaves nothing of what was stored.
    if (staged.get(entity.name)?.mode === 'bulk' && !otherSources) return []
    return entity.fields
      .filter((field) => field.references === file.entity.name)
      .map((field) => ({
        ...rule(
          'reference.stillUsed',
          file,
          'sourcedId',
          `select g.line, false as left_out from (${gone}) g where g.sourced_id in (${users(run, staged, entity, field)})`,
          { target: entity.file },
        ),
        onlyIf: gone,
      }))
  })
}

/** What the stored records of an entity refer to after the merge. */
function users(run: Run, staged: Staged, entity: Entity, field: Field): string {
  const column = columnOf(field)
  const referred = field.type === 'guidRefs' ? `unnest(r."${column}")` : `r."${column}"`
  return `select ${referred} from (${afterwards(run, staged, entity.name, [column])}) r where r.line is null and r."${column}" is not null`
}
