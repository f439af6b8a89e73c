import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { processRequest, type UploadOptions } from 'graphql-upload-minimal'

/**
 * The operations of a GraphQL multipart request, files in their places (jaydenseric/graphql-multipart-request-spec). Throws what the library throws,
 * also for a `map` that names a place which the operations do not have themselves: the library follows inherited members too, and a file set at
 * `toString.call` would break whatever calls that in this process.
 */
export function readMultipart(
  request: IncomingMessage,
  response: ServerResponse,
  limits: UploadOptions,
): Promise<object> {
  const { pipe } = request
  request.pipe = ((parser, options) => {
    guardMap(parser)
    return pipe.call(request, parser, options)
  }) as typeof request.pipe
  return processRequest(request, response, limits) as Promise<object>
}

type FieldListener = (name: string, value: string, info: object) => void

/** What hears of the fields hears of a map that is none instead of one that is not harmless. */
function guardMap(parser: EventEmitter): void {
  const listeners = parser.listeners('field') as FieldListener[]
  parser.removeAllListeners('field')
  let operations: unknown
  parser.on('field', (name: string, value: string, info: object) => {
    if (name === 'operations') operations = parsed(value)
    const passed = name === 'map' && !namesOwnPlaces(operations, parsed(value)) ? 'null' : value
    for (const listener of listeners) listener(name, passed, info)
  })
}

function namesOwnPlaces(operations: unknown, map: unknown): boolean {
  if (typeof map !== 'object' || map === null) return false
  return Object.values(map).every(
    (paths) => Array.isArray(paths) && paths.every((path) => typeof path === 'string' && isOwnPlace(operations, path)),
  )
}

function isOwnPlace(operations: unknown, path: string): boolean {
  let at = operations
  for (const name of path.split('.').slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false
    at = (at as Record<string, unknown>)[name]
  }
  return typeof at === 'object' && at !== null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
