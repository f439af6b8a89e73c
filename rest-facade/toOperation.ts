import type { Endpoint } from '../oneroster/endpoints'
import { entities } from '../oneroster/model'
import { singular } from './nouns'

/** The GraphQL operation of an endpoint: a constant text, so that the gateway plans and compiles it once. */
export interface Operation {
  readonly operationName: string
  readonly query: string
  /** The same with the variable $fields, which selects members of the documents. */
  readonly selectingQuery: string
  /** Where the answer stands in `data`: one field name for each noun of the path. */
  readonly answerPath: readonly string[]
  /** Variables of the sourcedIds, in the order of the path. */
  readonly idNames: readonly string[]
}

const listVariables = '$limit: Int, $offset: Int, $after: String'
const listArguments = 'filter: $filter, sort: $sort, limit: $limit, offset: $offset, after: $after'

/**
 * The path is the query: its nouns nest as fields do, `/schools/{s}/classes/{c}/students` being
 * `school(sourcedId: $s) { class(sourcedId: $c) { students(...) { total next rendered } } }`. `beside` is asked in the same
 * operation; `rendered` is the field that answers documents.
 */
export function toOperation(endpoint: Endpoint, { rendered: field = 'rendered', beside = '' } = {}): Operation {
  const { type } = entities[endpoint.entity]
  const [, ...segments] = endpoint.path.split('/')
  const steps: string[] = []
  const idNames: string[] = []
  const answerPath: string[] = []
  for (let at = 0; at < segments.length; at += 2) {
    const noun = segments[at]!
    const idName = segments[at + 1]?.slice(1, -1)
    const field = idName ? singular[noun]! : noun
    answerPath.push(field)
    if (idName) idNames.push(idName)
    steps.push(idName ? `${field}(sourcedId: $${idName})` : `${field}(${listArguments})`)
  }
  const variables = idNames.map((name) => `$${name}: ID!`)
  if (endpoint.answers === 'list') variables.push(`$filter: ${type}Filter, $sort: ${type}Sort, ${listVariables}`)
  const text = (rendered: string, ...more: string[]) => {
    // The page is read first: what it finds out spares the count and the position a statement of their own.
    const answer = endpoint.answers === 'list' ? `{ ${rendered} total next }` : `{ ${rendered} }`
    const path = steps.reduceRight((inner, step, at) => `{ ${step} ${inner}${at ? '' : beside} }`, answer)
    const declared = [...variables, ...more].join(', ')
    return `query ${endpoint.operationId}${declared && `(${declared})`} ${path}`
  }
  return {
    operationName: endpoint.operationId,
    query: text(field),
    selectingQuery: text('rendered(fields: $fields)', '$fields: [String!]'),
    answerPath,
    idNames,
  }
}
