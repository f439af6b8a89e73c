import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql'

/** A call of a field with the least arguments that fit its types, and the least selection; undefined when it takes a file. */
export function smallestCall(
  field: GraphQLField<unknown, unknown>,
  given: Record<string, string> = {},
): string | undefined {
  if (field.args.some(({ type }) => getNamedType(type).name === 'Upload')) return undefined
  const args = field.args
    .filter((arg) => isNonNullType(arg.type) || arg.name in given)
    .map((arg) => `${arg.name}: ${given[arg.name] ?? literal(arg.type)}`)
  const type = getNamedType(field.type)
  return field.name + (args.length ? `(${args.join(', ')})` : '') + (isObjectType(type) ? ' { __typename }' : '')
}

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType as GraphQLInputType)
  if (isListType(type)) return `[${literal(type.ofType)}]`
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type))
    return `{ ${fields.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`
  }
  if (!isLeafType(type)) throw new Error(`no literal of ${String(type)}`)
  const byName: Record<string, string> = {
    Int: '1',
    Float: '1',
    Boolean: 'true',
    Date: '"2026-04-01"',
    DateTime: '"2030-04-01T00:00:00.000Z"',
    Year: '"2026"',
    JSON: '{}',
  }
  return byName[type.name] ?? '"x"'
}
