import {
  execute,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isInputObjectType,
  Kind,
  OperationTypeNode,
  parse,
  typeFromAST,
  validate,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import { presentError } from './errors'
import type { Identity } from './identity'
import { operationMap } from './operationMap'

/** An operation that a gateway asks of a subgraph. */
export interface SubgraphOperation {
  readonly query: string
  readonly operationName?: string | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

export interface SubgraphAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly GraphQLFormattedError[]
}

/** What the context of every operation holds: who asks, in which request. */
export interface OperationContext {
  readonly identity: Identity
}

type Run = (
  context: object,
  variables: Readonly<Record<string, unknown>>,
) => Promise<ExecutionResult<Record<string, unknown>>> | ExecutionResult<Record<string, unknown>>

const preparedLimit = 500

/**
 * Runs the operations of a gateway on a subgraph's schema. The text of an operation is parsed and checked once, and compiled by graphql-jit
 * when it comes a second time: callers' own queries are as often new as not, and compiling costs more than running once.
 */
export function operationRunner(
  schema: GraphQLSchema,
): (operation: SubgraphOperation, context: OperationContext) => Promise<SubgraphAnswer> {
  const prepared = operationMap<{ run: Run; compiled: boolean }>(preparedLimit)
  return async ({ query, operationName, variables }, context) => {
    let operation = prepared.get(query, operationName)
    if (!operation) {
      const document = parse(query)
      // Only a gateway of another version can ask what the schema does not have; then there is no plan to run.
      const errors = validate(schema, document)
      if (errors.length) return present({ errors }, context)
      operation = { run: interpreted(schema, document, operationName), compiled: false }
      prepared.set(query, operationName, operation)
    } else if (!operation.compiled) {
      operation.compiled = true
      operation.run = compiled(schema, parse(query), operationName) ?? operation.run
    }
    return present(await operation.run(context, variables ?? {}), context)
  }
}

function interpreted(schema: GraphQLSchema, document: DocumentNode, operationName: string | undefined): Run {
  return (contextValue, variableValues) => execute({ schema, document, operationName, contextValue, variableValues })
}

/**
 * Undefined for what graphql-jit cannot compile; graphql-js runs that. graphql-jit would unroll input types that hold themselves, as filters
 * do, into megabytes of code, seconds of standstill for each query. So graphql-js coerces the variables, and the compiled query takes them
 * as they are.
 */
function compiled(schema: GraphQLSchema, document: DocumentNode, operationName: string | undefined): Run | undefined {
  const definition = getOperationAST(document, operationName)
  // A write wins nothing by it, and the value of an Upload is no Upload any more once graphql-js has coerced it.
  if (definition?.operation !== OperationTypeNode.QUERY) return undefined
  const declared = definition.variableDefinitions ?? []
  const result = compileQuery(schema, withOpenInputs(schema, document), operationName)
  if (!isCompiledQuery(result)) return undefined
  return (context, variables) => {
    const { coerced, errors } = getVariableValues(schema, declared, variables)
    return errors ? { errors } : result.query(undefined, context, coerced)
  }
}

/** The document with every variable that is an input object declared as federation's scalar `_Any`, which takes any value. */
function withOpenInputs(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  if (!schema.getType('_Any')) return document
  return visit(document, {
    VariableDefinition(node) {
      const type = typeFromAST(schema, node.type)
      if (!type || !isInputObjectType(getNamedType(type))) return undefined
      const { defaultValue: _coercedAlready, ...definition } = node
      return { ...definition, type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: '_Any' } } }
    },
  })
}

function present(result: ExecutionResult<Record<string, unknown>>, { identity }: OperationContext): SubgraphAnswer {
  if (!result.errors?.length) return { data: result.data ?? null }
  return { data: result.data ?? null, errors: result.errors.map((error) => presentThrown(error, identity.requestId)) }
}

/** The one way an error leaves an execution, whatever it is. graphql-jit throws errors that only look like graphql-js's. */
export function presentThrown(thrown: unknown, requestId: string | undefined): GraphQLFormattedError {
  const error = thrown as GraphQLError
  const { message, locations, path } = error
  const extensions = error.extensions ?? (error.originalError as { extensions?: Record<string, unknown> })?.extensions
  return presentError(
    { message, ...(locations ? { locations } : {}), ...(path ? { path } : {}), ...(extensions ? { extensions } : {}) },
    error,
    requestId,
  )
}
