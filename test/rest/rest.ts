import type { Hub } from '../support/hub'

export const base = '/ims/oneroster/rostering/v1p2'

/** Bodies are whatever the service sent; the tests look at them. */
export type Json = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body. */
  readonly json: Json
}

/** Sends a request to the REST door with a token that may read everything, unless other headers are given. */
export async function request(hub: Hub, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = init.headers ?? { Authorization: `Bearer ${hub.token()}` }
  const response = await fetch(path.startsWith('http') ? path : hub.restUrl + path, { ...init, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: text ? JSON.parse(text) : undefined }
}

/** GET below the base path; throws unless 200. */
export async function get(hub: Hub, path: string): Promise<Answer> {
  const answer = await request(hub, base + path)
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`)
  return answer
}

/** URLs of the Link header by relation. */
export function linksOf({ headers }: Answer): Record<string, string> {
  const links = (headers.get('link') ?? '').split(',').filter(Boolean)
  return Object.fromEntries(
    links.map((link) => {
      const [, url, relation] = /^\s*<([^>]+)>; rel="(\w+)"$/.exec(link)!
      return [relation!, url!]
    }),
  )
}

/** The records of a collection, whatever its root key. */
export function recordsOf({ json }: Answer): Json[] {
  const [records] = Object.values(json)
  return records as Json[]
}

export function filter(expression: string): string {
  return `filter=${encodeURIComponent(expression)}`
}
