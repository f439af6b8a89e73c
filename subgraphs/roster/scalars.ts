import { GraphQLScalarType, Kind, type ValueNode } from 'graphql'

/** Scalars of the roster types (oneroster/graphql.ts). Values are checked where they are used, with the field's name at hand. */
export const scalars = {
  Date: new GraphQLScalarType({ name: 'Date' }),
  DateTime: new GraphQLScalarType({
    name: 'DateTime',
    serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
  }),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    parseValue: (value) => value,
    parseLiteral: (node, variables) => literal(node, variables ?? {}),
  }),
  RenderedJSON: new GraphQLScalarType({ name: 'RenderedJSON' }),
}

function literal(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, literal(field.value, variables)]))
    case Kind.LIST:
      return node.values.map((value) => literal(value, variables))
    case Kind.VARIABLE:
      return variables[node.name.value]
    case Kind.NULL:
      return null
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value)
    default:
      return node.value
  }
}
