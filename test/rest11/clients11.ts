import { createHmac, randomBytes } from 'node:crypto'
import { scopes } from '../../oneroster/scopes'
import { openDatabase } from '../../platform/database'
import { openRedis } from '../../platform/redis'
import type { CreateClientInput } from '../../subgraphs/access/clientInput'
import { createClient, revokeClient, rotateClient, type RotateClientArguments } from '../../subgraphs/access/clients'
import { configureClient } from '../../subgraphs/access/configureClient'
import type { Oneroster11Input } from '../../subgraphs/access/oneroster11'
import { accessEntities } from '../../subgraphs/access/server'
import type { Hub } from '../support/hub'

/** An administrator of clients of the hub's tenant, at work on the access subgraph. */
export async function administrator(hub: Hub) {
  const database = await openDatabase(hub.config.databaseAppUrl, { poolSize: 2, entities: accessEntities })
  const redis = openRedis(hub.config.redisUrl)
  const { clientId } = hub.clients.admin
  const held = [scopes.clients, scopes.roster, scopes.rosterCore]
  const identity = {
    tenantId: hub.tenantId,
    tenant: 'sample',
    clientId,
    scopes: held,
    requestId: 'test',
    address: '127.0.0.1',
  }
  const context = { identity, config: hub.config, database, redis }
  return {
    create: (input: Partial<CreateClientInput>) =>
      createClient(context, { name: 'Consumer', scopes: [scopes.rosterCore, scopes.roster], ...input }),
    rotate: (id: string, wanted: RotateClientArguments) => rotateClient(context, id, wanted),
    configure: (id: string, oneroster11: Oneroster11Input) => configureClient(context, id, { oneroster11 }),
    revoke: (id: string) => revokeClient(context, id),
    close: async () => {
      redis.disconnect()
      await database.close()
    },
  }
}

export interface Signing {
  readonly digest?: 'sha256' | 'sha1'
  readonly timestamp?: number
  readonly nonce?: string
  readonly method?: string
  readonly more?: Record<string, string>
  /** How a value is encoded; the default is RFC 3986. */
  readonly encode?: (text: string) => string
}

const rfc3986 = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

/** The Authorization header as a client makes it; written from RFC 5849 for the tests, apart from what the hub checks with. */
export function signed(url: string, consumerKey: string, secret: string, signing: Signing = {}): string {
  const { digest = 'sha256', method = 'GET', encode = rfc3986, more = {} } = signing
  const oauth: Record<string, string> = {
    oauth_consumer_key: consumerKey,
    oauth_signature_method: `HMAC-${digest.toUpperCase()}`,
    oauth_timestamp: String(signing.timestamp ?? Math.floor(Date.now() / 1000)),
    oauth_nonce: signing.nonce ?? randomBytes(5).toString('hex'),
    ...more,
  }
  const { origin, pathname, searchParams } = new URL(url)
  const pairs = [...Object.entries(oauth), ...searchParams].map(([name, value]) => `${name}=${encode(value)}`).sort()
  const base = [method, rfc3986(origin + pathname), rfc3986(pairs.join('&'))].join('&')
  const signature = createHmac(digest, `${rfc3986(secret)}&`)
    .update(base)
    .digest('base64')
  const fields = Object.entries({ ...oauth, oauth_signature: signature })
  return `OAuth ${fields.map(([name, value]) => `${name}="${rfc3986(value)}"`).join(',')}`
}
