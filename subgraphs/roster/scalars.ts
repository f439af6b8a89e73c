import { GraphQLScalarType, Kind, type ValueNode } from 'graphql'

/** Scalars of the roster types (oneroster/graphql.ts). Values are checked where they are used, with the field's name at hand. */
export const scalars = {
  Date: new GraphQLScalarType({ name: 'Date', parseValue: asText }),
  DateTime: new GraphQLScalarType({
    name: 'DateTime',
    parseValue: asText,
    serialize: (value) => (value instanceof Date ? value.toISOString() : String(value)),
  }),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    parseValue: (value) => value,
    parseLiteral: (node, variables) => literal(node, variables ?? {}),
  }),
  RenderedJSON: new GraphQLScalarType({ name: 'RenderedJSON' }),
}

/** What is no text is no moment; as JSON it is refused like any other text that is none, where its field is known. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
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
