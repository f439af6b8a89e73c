import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Request } from 'express'
import type { Config } from '../platform/config'
import { projectRoot } from '../platform/projectRoot'
import { basePath, endpoints } from '../oneroster/endpoints'
import { publicAddress } from './caller'

/** Both published names of the document: REST binding section 2.5, and the certification guide. */
export const discoveryNames = [
  'onerosterv1p2rostersservice_openapi3_v1p0.json',
  'imsorv1p2_rostering_openapi3_v1p0.json',
] as const

/** Stands in the prepared text for scheme and host, which only a request tells. */
const addressMark = '{rosterhub address}'
let prepared: string | undefined

/**
 * The OpenAPI 3 document of the service, made ours: our servers and token endpoint, the operations and scopes that we have. Undefined for a
 * name that is none of the two.
 */
export function discoveryDocument(name: string, request: Request, config: Config): string | undefined {
  if (!(discoveryNames as readonly string[]).includes(name)) return undefined
  prepared ??= prepare(readFileSync(join(projectRoot, 'rest-facade', 'rostering.openapi.json'), 'utf8'))
  return prepared.replaceAll(addressMark, publicAddress(request, config))
}

function prepare(official: string): string {
  const document = JSON.parse(official)
  const offered = new Set(endpoints.map(({ path }) => path))
  const scopes = new Set(endpoints.flatMap((endpoint) => endpoint.scopes as readonly string[]))
  const grant = document.components.securitySchemes.OAuth2CC.flows.clientCredentials
  document.servers = [{ url: addressMark + basePath, description: 'The rostering service of this RosterHub.' }]
  document.paths = pick(document.paths, offered)
  grant.tokenUrl = `${addressMark}/oauth2/token`
  grant.scopes = pick(grant.scopes, scopes)
  return JSON.stringify(document)
}

function pick(object: Record<string, unknown>, keys: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.has(key)))
}
