import { columnOf, type Field } from '../../../oneroster/fields'
import { metadataKey } from '../../../oneroster/csv'
import { japanMetadataReferences } from '../../../oneroster/japanRules'
import { entities, type Entity } from '../../../oneroster/model'
import { replacesAll, survivors, type Staged } from './afterwards'
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
    if (replacesAll(run, staged.get(entity.name), otherSources)) return []
    return references(run, staged, entity, file).map((ways) => ({
      ...rule(
        'reference.stillUsed',
        file,
        'sourcedId',
        ways
          .map((used) => `select g.line, g.sourced_id, false as left_out from (${gone}) g where ${used}`)
          .join(' union '),
        { target: entity.file },
      ),
      onlyIf: gone,
    }))
  })
}

/** For each column of `entity` that refers to records of the file: the conditions of its stored records (users). */
function references(run: Run, staged: Staged, entity: Entity, { entity: target, profile }: StagedFile): string[][] {
  const columns = entity.fields.filter((field) => field.references === target.name)
  // Looked for in all stored users, since no index leads there: only where it may be, and, as the rest, only if anything is removed.
  const extensions = profile.japanese ? Object.entries(japanMetadataReferences[entity.name] ?? {}) : []
  return [
    ...columns.map((field) => users(run, staged, entity, field)),
    ...extensions
      .filter(([, referred]) => referred === target.name)
      .map(([column]) => among(run, staged, entity, `r.metadata->>'${metadataKey(column)}'`)),
  ]
}

/** The conditions that a stored record which stays refers to the record `g`; one for each part of what stays. */
function users(run: Run, staged: Staged, entity: Entity, field: Field): string[] {
  const column = `r."${columnOf(field)}"`
  if (field.type !== 'guidRefs')
    return survivors(run, staged, entity.name, '', `${column} = g.sourced_id`).map((part) => `exists (${part})`)
  return among(run, staged, entity, column, `unnest(${column})`)
}

function among(run: Run, staged: Staged, entity: Entity, column: string, ids = column): string[] {
  return survivors(run, staged, entity.name, `, ${ids} as id`, `${column} is not null`).map(
    (part) => `g.sourced_id in (select used.id from (${part}) used)`,
  )
}
