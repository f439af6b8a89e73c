import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv, { type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { projectRoot } from '../../platform/projectRoot'

const file = join(projectRoot, 'test/fixtures/openapi/onerosterv1p2rostersservice_openapi3_v1p0.json')
/** The official document, untouched. */
export const official = JSON.parse(readFileSync(file, 'utf8'))

/** OpenAPI 3.0 schemas are JSON Schema but for words that ajv's strict mode does not know; nothing is taken out of them. */
const ajv = new Ajv({ strict: false, allErrors: true })
addFormats(ajv)
ajv.addSchema(official, 'official')

const validators = new Map<string, ValidateFunction>()

/** What is wrong with a body by the schema that the official document names for this operation and status; undefined when nothing is. */
export function schemaErrors(path: string, status: number, body: unknown): string | undefined {
  const responses = official.paths[path].get.responses
  const { $ref } = (responses[status] ?? responses.default).content['application/json'].schema
  let validate = validators.get($ref)
  if (!validate) validators.set($ref, (validate = ajv.compile({ $ref: `official${$ref}` })))
  return validate(body) ? undefined : ajv.errorsText(validate.errors?.slice(0, 5))
}
