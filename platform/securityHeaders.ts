import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/**
 * What every answer of a public door carries, by helmet. Its middleware decides the same thing for each request anew; here it is asked once,
 * and the two doors set what it said. Nothing we answer is a page, so nothing may be loaded by it or around it.
 */
export const securityHeaders: readonly (readonly [name: string, value: string])[] = askHelmet()

/** For answers over TLS. Of this host only: what other hosts of a board's domain do is not ours to say. */
export const strictTransport = ['Strict-Transport-Security', 'max-age=31536000'] as const

function askHelmet(): [string, string][] {
  const set: [string, string][] = []
  const recorder = {
    setHeader: (name: string, value: string) => set.push([name, value]),
    removeHeader: () => undefined,
  }
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: [`'none'`], frameAncestors: [`'none'`] } },
    frameguard: { action: 'deny' },
    strictTransportSecurity: false,
  })({} as IncomingMessage, recorder as unknown as ServerResponse, () => undefined)
  return [...set, ['Cache-Control', 'no-store']]
}
