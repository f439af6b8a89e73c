import { columnOf, type Field } from './fields'
import type { IssueCodeName } from './issueCodes'
import { entities, type EntityName } from './model'

/** A reference whose target must be of a certain type. */
export interface TypedReference {
  readonly from: EntityName
  readonly field: Field
  readonly target: EntityName
  /** SQL: whether a type will do. */
  readonly fits: (type: string) => string
  /** SQL: the referring rows that are meant, if not all. */
  readonly of?: (row: string) => string
  /** Told of the record that refers to something else. */
  readonly notFitting: IssueCodeName
  /** Told of the record that makes something else of what stored records refer to. */
  readonly stillUsed: IssueCodeName
}

type Meant = Pick<TypedReference, 'fits' | 'notFitting' | 'stillUsed'>

/** Schools are orgs of type school (or an extension of it), school years sessions of type schoolYear (CSV Binding 1.2 section 6). */
const meant: Record<NonNullable<Field['referencedType']>, Meant> = {
  school: {
    fits: (type) => `(${type} = 'school' or ${type} like 'ext:%')`,
    notFitting: 'reference.notSchool',
    stillUsed: 'reference.schoolStillUsed',
  },
  schoolYear: {
    fits: (type) => `${type} = 'schoolYear'`,
    notFitting: 'reference.notSchoolYear',
    stillUsed: 'reference.schoolYearStillUsed',
  },
}

/** Those of the base standard; `referencedType` of the model says which fields they are. */
export const typedReferences: readonly TypedReference[] = Object.values(entities).flatMap((entity) =>
  entity.fields.flatMap((field) => {
    const { references, referencedType } = field
    return referencedType
      ? [{ from: entity.name, field, target: references as EntityName, ...meant[referencedType] }]
      : []
  }),
)

/** SQL: whether the row refers to the record of that sourcedId, where the reference asks for a type. */
export function refersSql({ field, of = () => 'true' }: TypedReference, row: string, sourcedId: string): string {
  return `${row}."${columnOf(field)}" = ${sourcedId} and ${of(row)}`
}
