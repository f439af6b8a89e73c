import type { ApolloServerPlugin } from '@apollo/server'
import { ApolloArmor } from '@escape.tech/graphql-armor'
import {
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { coded } from '../platform/errors'

/** What one GraphQL request may ask for. Dashboards stay far below; docs/decisions/graphql-limits.md has the reasons. */
export const limits = {
  /** A relation costs two levels: the field and `items`. */
  depth: 16,
  aliases: 30,
  directives: 30,
  tokens: 4_000,
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
  return { plugins: [...plugins, recordLimit], validationRules }
}

const recordLimit: ApolloServerPlugin = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ schema, document, operation, request }) => {
      const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
      const records = operation ? recordsAskedFor(schema, operation, fragments, request.variables ?? {}) : 0
      if (records <= limits.records) return
      const problem = `The query asks for up to ${records} records, ${limits.records} are allowed`
      throw coded('INVALID_PAGE', `${problem}; use smaller limits in nested lists`, { http: { status: 400 } })
    },
  }),
}

/** How many records an operation can bring back when every page is full: limits multiply along the way down. */
export function recordsAskedFor(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: readonly FragmentDefinitionNode[],
  variables: Readonly<Record<string, unknown>>,
): number {
  const inFragment = new Map<string, number>()

  function inSelection(parent: GraphQLNamedType | undefined, { selections }: SelectionSetNode): number {
    let records = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) records += inField(parent, selection)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) records += inNamed(selection.name.value)
      else {
        const type = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : parent
        records += inSelection(type, selection.selectionSet)
      }
    }
    return records
  }

  /** Counted once each: a chain of fragments that use one another twice would take for ever otherwise. */
  function inNamed(name: string): number {
    const known = inFragment.get(name)
    if (known !== undefined) return known
    inFragment.set(name, 0)
    const fragment = fragments.find((each) => each.name.value === name)
    const type = fragment && schema.getType(fragment.typeCondition.name.value)
    const records = fragment ? inSelection(type, fragment.selectionSet) : 0
    inFragment.set(name, records)
    return records
  }

  function inField(parent: GraphQLNamedType | undefined, node: FieldNode): number {
    const hasFields = isObjectType(parent) || isInterfaceType(parent)
    const field = hasFields ? parent.getFields()[node.name.value] : undefined
    if (!field || !node.selectionSet) return 0
    const type = getNamedType(field.type)
    if (isLeafType(type)) return 0
    const page = field.args.find(({ name }) => name === 'limit')
    const inside = inSelection(type, node.selectionSet)
    if (!page) return node.name.value === 'items' ? inside : 1 + inside
    return Math.max(0, pageSize(node, page.defaultValue, variables)) * (1 + inside)
  }

  return inSelection(schema.getRootType(operation.operation) ?? undefined, operation.selectionSet)
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
