import type { ApolloServerPlugin } from '@apollo/server'
import { ApolloArmor } from '@escape.tech/graphql-armor'
import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type FieldNode,
  type FloatValueNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type IntValueNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'
import { coded } from '../platform/errors'

/** What one GraphQL request may ask for. Dashboards stay far below; docs/decisions/graphql-limits.md has the reasons. */
export const limits = {
  /** A relation costs two levels: the field and `items`. */
  depth: 16,
  aliases: 30,
  directives: 30,
  tokens: 4_000,
  /** As many as could be written without fragments. */
  fields: 4_000,
  /** Records that the answer may hold if every page is full. */
  records: 100_000,
  queryBytes: 1_000_000,
  /** Before anyone is known; a token request needs a few hundred. */
  anonymousBytes: 16_384,
} as const

/** Rules for the text of a query; Apollo Server takes them as they are. */
export function queryRules() {
  const { plugins, validationRules } = new ApolloArmor({
    maxDepth: { n: limits.depth, flattenFragments: true },
    maxAliases: { n: limits.aliases },
    maxDirectives: { n: limits.directives },
    // Counted by graphql-js while it parses, which is cheaper than the library's way (parseOptions in server.ts).
    maxTokens: { enabled: false },
    // Knows nothing of our page arguments; recordLimit below does.
    costLimit: { enabled: false },
  }).protect()
  return { plugins: [...plugins, recordLimit], validationRules: [...validationRules, finiteNumbers] }
}

/** JSON takes any number that is written into a query, and the planner breaks at one that is infinite to JavaScript. */
const finiteNumbers: ValidationRule = (context) => {
  const check = (node: IntValueNode | FloatValueNode) => {
    if (!Number.isFinite(Number(node.value)))
      context.reportError(new GraphQLError('A number is larger than any that can be stored', { nodes: node }))
  }
  return { IntValue: check, FloatValue: check }
}

const recordLimit: ApolloServerPlugin = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ schema, document, operation, request }) => {
      const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
      const fields = operation ? fieldsAskedFor(operation, fragments) : 0
      if (fields > limits.fields) {
        const problem = `The query has ${fields} fields with those of its fragments, ${limits.fields} are allowed`
        throw coded('INVALID_REQUEST', problem, { http: { status: 400 } })
      }
      const records = operation ? recordsAskedFor(schema, operation, fragments, request.variables ?? {}) : 0
      if (records <= limits.records) return
      const problem = `The query asks for up to ${records} records, ${limits.records} are allowed`
      throw coded('INVALID_PAGE', `${problem}; use smaller limits in nested lists`, { http: { status: 400 } })
    },
  }),
}

/**
 * How many fields an operation has, those of a fragment as often as it is used: fragments that use one another three times grow to a hundred thousand
 * fields in a few lines, and to plan such a query takes the better part of a minute.
 */
function fieldsAskedFor(operation: OperationDefinitionNode, fragments: readonly FragmentDefinitionNode[]): number {
  const inFragment = new Map<string, number>()
  const inSelection = ({ selections }: SelectionSetNode): number =>
    selections.reduce((fields, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return fields + inNamed(selection.name.value)
      const inside = selection.selectionSet ? inSelection(selection.selectionSet) : 0
      return fields + inside + (selection.kind === Kind.FIELD ? 1 : 0)
    }, 0)

  function inNamed(name: string): number {
    const known = inFragment.get(name)
    if (known !== undefined) return known
    inFragment.set(name, 0)
    const fragment = fragments.find((each) => each.name.value === name)
    const fields = fragment ? inSelection(fragment.selectionSet) : 0
    inFragment.set(name, fields)
    return fields
  }

  return inSelection(operation.selectionSet)
}

/**
 * Lists of records without pages bring all there are: few in most (`agents`, `terms`), but a district has hundreds of `children`. As long as
 * each record stands in the answer once they are no more than the records themselves. Reached by a reference or by another such list, the same
 * ones come again and again: `children { parent { children { …` brings all of them for each of them in every round.
 */
const assumedRecords: Readonly<Record<string, number>> = { children: 100 }
const usuallyAssumed = 3

/**
 * How many records an operation can bring back when every page is full: limits multiply along the way down. Variables are those of the request;
 * what is not among them has the operation's own default.
 */
export function recordsAskedFor(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: readonly FragmentDefinitionNode[],
  given: Readonly<Record<string, unknown>>,
): number {
  const variables = { ...defaultsOf(operation), ...given }
  const inFragment = new Map<string, number>()

  function inSelection(parent: GraphQLNamedType | undefined, { selections }: SelectionSetNode, again: boolean): number {
    let records = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) records += inField(parent, selection, again)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) records += inNamed(selection.name.value, again)
      else {
        const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent
        records += inSelection(type, selection.selectionSet, again)
      }
    }
    return records
  }

  /** Counted once each: a chain of fragments that use one another twice would take for ever otherwise. */
  function inNamed(name: string, again: boolean): number {
    const key = `${name} ${again}`
    const known = inFragment.get(key)
    if (known !== undefined) return known
    inFragment.set(key, 0)
    const fragment = fragments.find((each) => each.name.value === name)
    const type = fragment && schema.getType(fragment.typeCondition.name.value)
    const records = fragment ? inSelection(type, fragment.selectionSet, again) : 0
    inFragment.set(key, records)
    return records
  }

  /** `again`: whether the object that the field hangs on may stand in the answer more than once. */
  function inField(parent: GraphQLNamedType | undefined, node: FieldNode, again: boolean): number {
    const hasFields = isObjectType(parent) || isInterfaceType(parent)
    const name = node.name.value
    const field = hasFields ? parent.getFields()[name] : undefined
    if (!field || !node.selectionSet) return 0
    const type = getNamedType(field.type)
    if (isLeafType(type)) return 0
    const page = field.args.find((argument) => argument.name === 'limit')
    if (page)
      return (
        Math.max(0, pageSize(node, page.defaultValue, variables)) * (1 + inSelection(type, node.selectionSet, false))
      )
    if (name === 'items') return inSelection(type, node.selectionSet, false)
    const inside = 1 + inSelection(type, node.selectionSet, parent !== root)
    const isListOfRecords =
      isListType(getNullableType(field.type)) && isObjectType(type) && type.getFields()['sourcedId']
    return again && isListOfRecords ? (assumedRecords[name] ?? usuallyAssumed) * inside : inside
  }

  const root = schema.getRootType(operation.operation) ?? undefined
  return inSelection(root, operation.selectionSet, false)
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  const integers = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)] as const] : [],
  )
  return Object.fromEntries(integers)
}

function pageSize(node: FieldNode, byDefault: unknown, variables: Readonly<Record<string, unknown>>): number {
  const value = node.arguments?.find(({ name }) => name.value === 'limit')?.value
  const given =
    value?.kind === Kind.INT
      ? Number(value.value)
      : value?.kind === Kind.VARIABLE
        ? variables[value.name.value]
        : undefined
  return Number(given ?? byDefault ?? 1)
}
