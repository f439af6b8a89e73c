import {
  coerceInputValue,
  getVariableValues,
  GraphQLError,
  isInputType,
  typeFromAST,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { withoutValues } from '../platform/withoutValues'

/** What is wrong with the variables of an operation, by place and without their values; undefined when they fit. */
export function variableErrors(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Record<string, unknown>,
): readonly GraphQLError[] | undefined {
  // graphql-js walks them by recursion and would run out of stack.
  if (isDeeper(variables, mostLevels))
    return [new GraphQLError(`The variables are nested in more than ${mostLevels} levels`)]
  const { errors } = getVariableValues(schema, variableDefinitions, variables)
  if (!errors) return undefined
  const missing = errors.filter(({ message }) => !message.includes(' got invalid value '))
  const invalid: GraphQLError[] = []
  for (const node of variableDefinitions) {
    const name = node.variable.name.value
    const type = typeFromAST(schema, node.type)
    if (!Object.hasOwn(variables, name) || variables[name] === null || !isInputType(type)) continue
    coerceInputValue(variables[name], type, (path, _value, { message }) => {
      const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
      const problem = `Variable "$${name}"${place && ` at "${name}${place}"`}: ${withoutValues(message)}`
      invalid.push(new GraphQLError(problem, { nodes: node }))
    })
  }
  return [...missing, ...invalid]
}

const mostLevels = 1_000

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const inner of Array.isArray(value) ? value : Object.values(value)) if (isDeeper(inner, levels - 1)) return true
  return false
}
