import { createHash } from 'node:crypto'
import type { QueryPlan } from '@apollo/query-planner'
import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  print,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { coded } from '../platform/errors'
import { operationMap } from '../platform/operationMap'
import { asksOnlyForToken } from './authenticate'
import { variableErrors } from './variableErrors'

/** A query that was read once, with what was learned about it. */
export interface Operation {
  readonly query: string
  readonly queryHash: string
  readonly document: DocumentNode
  readonly definition: OperationDefinitionNode
  readonly operationName: string | undefined
  readonly asksOnlyForToken: boolean
  /**
   * The one subgraph that can be asked this very operation: its answer is the answer, so the gateway's post-processing of every field of
   * every row can be left out. Null: the plan has more to it. Undefined: no plan was made yet.
   */
  direct?: { readonly subgraph: string } | null
}

export interface Operations {
  /** Parses and validates. Throws GraphQLErrors in an InvalidQuery. */
  read(query: string, operationName: string | undefined): Operation
  /** The same for a document that Apollo Server has parsed and validated. */
  of(document: DocumentNode, query: string, operationName: string | undefined): Operation
}

/** All that is wrong with a query. */
export class InvalidQuery extends Error {
  readonly errors: readonly GraphQLError[]
  constructor(errors: readonly GraphQLError[]) {
    super('The query is not valid')
    this.errors = errors
  }
}

const rememberedOperations = 1_000

export function readOperations(schema: GraphQLSchema): Operations {
  const known = operationMap<Operation>(rememberedOperations)

  function remember(query: string, operationName: string | undefined, document: () => DocumentNode): Operation {
    const remembered = known.get(query, operationName)
    if (remembered) return remembered
    const operation = describeOperation(document(), query, operationName)
    known.set(query, operationName, operation)
    return operation
  }

  return {
    read: (query, operationName) => remember(query, operationName, () => readDocument(schema, query)),
    of: (document, query, operationName) => remember(query, operationName, () => document),
  }
}

/** Throws BAD_USER_INPUT in an InvalidQuery when variables do not fit the operation. */
export function checkVariables(schema: GraphQLSchema, operation: Operation, variables: Record<string, unknown>): void {
  const errors = variableErrors(schema, operation.definition, variables)
  if (errors) throw new InvalidQuery(errors.map((error) => withCode(error, 'BAD_USER_INPUT')))
}

/** Learns from the plan: one fetch that asks a subgraph the very same operation needs no gateway around it. */
export function learnPlan(operation: Operation, { node }: QueryPlan): void {
  if (operation.direct !== undefined) return
  operation.direct = null
  if (node?.kind !== 'Fetch' || node.requires || node.inputRewrites || node.outputRewrites) return
  const asked = getOperationAST(parse(node.operation), node.operationName)
  if (asked && essence(asked) === essence(operation.definition)) operation.direct = { subgraph: node.serviceName }
}

/** The operation without its name and without the order of its variables, neither of which changes an answer. */
function essence({ operation, selectionSet, variableDefinitions = [], directives = [] }: OperationDefinitionNode) {
  const variables = variableDefinitions.map(print).sort()
  return [operation, ...variables, ...directives.map(print), print(selectionSet)].join('\n')
}

function readDocument(schema: GraphQLSchema, query: string): DocumentNode {
  let document: DocumentNode
  try {
    document = parse(query)
  } catch (error) {
    throw new InvalidQuery([withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')])
  }
  const errors = validate(schema, document)
  if (errors.length) throw new InvalidQuery(errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')))
  return document
}

function describeOperation(document: DocumentNode, query: string, operationName: string | undefined): Operation {
  const definition = getOperationAST(document, operationName)
  if (!definition) {
    const names = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length
    const problem = `operationName must name one of the ${names} operations of the query`
    throw new InvalidQuery([new GraphQLError(problem, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })])
  }
  if (definition.operation === 'subscription') throw coded('INVALID_DATA', 'There are no subscriptions')
  return {
    query,
    queryHash: createHash('sha256').update(query).digest('hex'),
    document,
    definition,
    operationName,
    asksOnlyForToken: asksOnlyForToken(document),
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { ...error.extensions, code },
  })
}
