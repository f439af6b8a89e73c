import { readFileSync, statSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Express } from 'express'
import type { Config } from './config'
import { describe } from './errors'
import { log } from './log'
import { messagesOf } from './messagesOf'

const lookEveryMilliseconds = 60_000
/** How often a server looks for connections whose time is over (headersTimeout, requestTimeout). Node's 30 seconds would double these. */
const connectionsCheckingInterval = 5_000

/**
 * A server for one of the two public doors: over TLS (1.2 and newer) when the configuration names a certificate, else plain HTTP for a proxy
 * in front. A renewed certificate is taken without a restart: on SIGHUP, and within a minute by itself.
 * Throws when the certificate cannot be used; later, the one before stays.
 * @param handle what comes before the app, and calls it; by default the app alone
 */
export function createDoor({ tls }: Pick<Config, 'tls'>, app: Express, handle: RequestListener = app): Server {
  const options = { connectionsCheckingInterval, ...messagesOf(app) }
  if (!tls) return createHttpServer(options, handle)
  const read = () => ({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) })
  const version = () => [tls.certFile, tls.keyFile].map((file) => statSync(file).mtimeMs).join()
  const { taken: first, server } = atStart(() => ({
    taken: version(),
    server: createHttpsServer({ ...read(), minVersion: 'TLSv1.2', ...options }, handle),
  }))
  let taken = first

  function renew(): void {
    try {
      const found = version()
      if (found === taken) return
      server.setSecureContext({ ...read(), minVersion: 'TLSv1.2' })
      taken = found
      log.info('certificate renewed')
    } catch (error) {
      log.error('the new certificate cannot be used, the one before stays', { error: describe(error) })
    }
  }
  process.on('SIGHUP', renew)
  const timer = setInterval(renew, lookEveryMilliseconds).unref()
  server.on('close', () => {
    process.off('SIGHUP', renew)
    clearInterval(timer)
  })
  return server
}

function atStart<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Error(`TLS_CERT_FILE or TLS_KEY_FILE cannot be used: ${(error as Error).message}`, { cause: error })
  }
}
