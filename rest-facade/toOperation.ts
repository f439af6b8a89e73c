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

/** Lists below an object of another subgraph which have a root field of their own. */
const rootFields: Readonly<Record<string, string>> = {
  '/classes/{classSourcedId}/students': 'studentsOfClass',
  '/classes/{classSourcedId}/teachers': 'teachersOfClass',
  '/schools/{schoolSourcedId}/students': 'studentsOfSchool',
  '/schools/{schoolSourcedId}/teachers': 'teachersOfSchool',
}

/**
 * The path is the query: its nouns nest as fields do, `/schools/{s}/classes/{c}/students` being
 * `school(sourcedId: $s) { class(sourcedId: $c) { students(...) { total next rendered } } }`. `beside` is asked in the same
 * operation; `rendered` is the field that answers documents. Where the graph has a root field for such a path, that is asked instead, as
 * `studentsOfClass(sourcedId: $c, ...)`: one question to one subgraph. Not together with `beside`, which is another one.
 */
export function toOperation(endpoint: Endpoint, { rendered: field = 'rendered', beside = '' } = {}): Operation {
  const { type } = entities[endpoint.entity]
  const { steps, answerPath, idNames } = beside ? nested(endpoint) : (rooted(endpoint) ?? nested(endpoint))
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

interface Steps {
  readonly steps: string[]
  readonly answerPath: string[]
  readonly idNames: string[]
}

function rooted({ path }: Endpoint): Steps | undefined {
  const field = rootFields[path]
  const idName = /\{(\w+)\}/.exec(path)?.[1]
  if (!field || !idName) return undefined
  return { steps: [`${field}(sourcedId: $${idName}, ${listArguments})`], answerPath: [field], idNames: [idName] }
}

function nested({ path }: Endpoint): Steps {
  const [, ...segments] = path.split('/')
  const found: Steps = { steps: [], answerPath: [], idNames: [] }
  for (let at = 0; at < segments.length; at += 2) {
    const noun = segments[at]!
    const idName = segments[at + 1]?.slice(1, -1)
    const field = idName ? singular[noun]! : noun
    found.answerPath.push(field)
    if (idName) found.idNames.push(idName)
    found.steps.push(idName ? `${field}(sourcedId: $${idName})` : `${field}(${listArguments})`)
  }
  return found
}
