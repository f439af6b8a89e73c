import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { columnOf, columnTypes, isList, propertyOf, type FieldType } from '../../oneroster/fields'
import type { Entity } from '../../oneroster/model'

/** A row as TypeORM reads it: the model's property names, and the tenant it belongs to. */
export interface RosterRow {
  readonly tenantId: number
  readonly sourcedId: string
  readonly [property: string]: unknown
}

/** The TypeORM entity of a roster table, interpreted from the model. Secrets are not mapped: they can be neither read nor served by accident. */
export function entitySchema(entity: Entity): EntitySchema<RosterRow> {
  const columns: Record<string, EntitySchemaColumnOptions> = {
    tenantId: { name: 'tenant_id', type: 'integer', primary: true },
  }
  for (const field of entity.fields) {
    if (field.secret) continue
    columns[propertyOf(field)] = {
      name: columnOf(field),
      type: typeOf(field.type),
      array: isList(field),
      primary: field.type === 'guid',
      nullable: field.csvRequired === false,
    }
  }
  return new EntitySchema<RosterRow>({ name: entity.type, tableName: entity.table, columns })
}

function typeOf(type: FieldType): EntitySchemaColumnOptions['type'] {
  const sql = columnTypes[type].replace('[]', '')
  return (sql.startsWith('timestamptz') ? 'timestamptz' : sql) as EntitySchemaColumnOptions['type']
}
