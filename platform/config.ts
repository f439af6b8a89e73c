import { join } from 'node:path'
import { isAddressRange } from './addresses'
import { derivedKey } from './derivedKey'
import { log, logLevels } from './log'
import { projectRoot } from './projectRoot'
import { readEnvironment } from './readEnvironment'
import type { SecurityThresholds } from './securityEvents'
import type { VolumeThresholds } from './volumeWatch'
import { signingKeysOf, signingKeysOfFile, type SigningKeys } from './signingKeys'

export { derivedKey }

export interface Config {
  readonly production: boolean
  readonly secret: string
  /** What tokens and statements are signed with: of signingKeysFile, which may change at run time, else derived from the secret. */
  readonly signingKeys: SigningKeys
  readonly signingKeysFile: string | undefined
  readonly databaseUrl: string
  readonly databaseAppUrl: string
  readonly databaseWorkerUrl: string
  readonly databasePoolSize: number
  readonly redisUrl: string
  readonly host: string
  /** Files of the certificate (with its chain) and its key, when the doors speak TLS themselves. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  readonly ports: Ports
  /** Address under which vendors reach REST; undefined: the address of the request. */
  readonly publicUrl: string | undefined
  readonly gatewayUrl: string
  readonly subgraphUrls: Readonly<Record<SubgraphName, string>>
  readonly storageDir: string
  /** Proxies in front of us whose X-Forwarded-For is believed: a number of hops or a list of addresses; 0 = none. */
  readonly trustProxy: number | string
  /** Share of an entity's rows that a bulk file may remove before a person must confirm, 0 to 1. */
  readonly importRemovalLimit: number
  /** Codes that imports know instead of the built-in lists; empty: the built-in ones. */
  readonly gradeCodes: readonly string[]
  readonly subjectCodes: readonly string[]
  /** An import that takes longer is FAILED. */
  readonly importTimeLimitSeconds: number
  /** Pause before the second try after a fault of ours; doubled each time. */
  readonly importRetrySeconds: number
  readonly maxUploadBytes: number
  /** Processes that serve behind the same ports, on one machine. */
  readonly servingProcesses: number
  /** Uploads that one client may send at the same time. */
  readonly uploadsPerClient: number
  /** Operations that dashboards ask for by id (gateway/persistedOperations.ts). */
  readonly persistedOperations: { readonly file: string; readonly only: boolean } | undefined
  readonly workerConcurrency: number
  /** How far the worker steps back for other processes of its machine, 0 to 19 as `nice` has it. */
  readonly workerNice: number
  /** How long things are kept before housekeeping removes them; 0: for ever. */
  readonly uploadDays: number
  readonly exportDays: number
  readonly issueDays: number
  readonly removedDays: number
  readonly tokenSeconds: number
  /** Full months for which audit events stay in the database; older ones are archived. */
  readonly auditMonths: number
  /** Life of a download link. */
  readonly downloadSeconds: number
  /** Requests a minute; 0: no limit. A client may have another (ApiClient.rateLimit). */
  readonly rateLimit: { readonly perClient: number; readonly perAddress: number }
  /** When security events are called repeated, and a volume unusual (securityEvents.ts, volumeWatch.ts). */
  readonly security: SecurityThresholds & { readonly volume: VolumeThresholds }
}

export const subgraphNames = ['users', 'orgs', 'enrollments', 'imports', 'access'] as const
export type SubgraphName = (typeof subgraphNames)[number]
export type Ports = Readonly<Record<'rest' | 'graphql' | 'worker' | SubgraphName, number>>

/** What Express calls some networks. */
const proxyNames = ['loopback', 'linklocal', 'uniquelocal']

/** Development default; refused in production. */
const developmentSecret = 'rosterhub-development-secret'

/**
 * Reads the environment, once, at the start of a process. Every problem is reported together.
 * Throws an Error whose message lists what to change.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { problems, url, words, integer, decimal, oneOf, flag } = readEnvironment(env)
  // A word that nobody knows would pass for development, and a level that winston does not know for silence.
  oneOf('NODE_ENV', ['production', 'development', 'test'])
  oneOf('LOG_LEVEL', logLevels)
  const production = env['NODE_ENV'] === 'production' && !flag('ROSTERHUB_DEVELOPMENT')
  const secret = env['ROSTERHUB_SECRET'] || developmentSecret
  if (production) problems.push(...weaknesses(secret))

  const postgres = ['postgres:', 'postgresql:']
  const databaseUrl = url('DATABASE_URL', 'postgres://postgres@127.0.0.1:5432/rosterhub', postgres)
  const portBase = integer('PORT_BASE', 3000, 1, 64000)
  const ports: Ports = {
    rest: portBase,
    graphql: portBase + 1000,
    users: portBase + 1001,
    orgs: portBase + 1002,
    enrollments: portBase + 1003,
    imports: portBase + 1004,
    access: portBase + 1005,
    worker: portBase + 1006,
  }
  const config: Config = {
    production,
    secret,
    signingKeys: signingKeys(env['SIGNING_KEYS_FILE'] || undefined),
    signingKeysFile: env['SIGNING_KEYS_FILE'] || undefined,
    databaseUrl,
    databaseAppUrl: url('DATABASE_APP_URL', withLogin(databaseUrl, 'rosterhub_app_login', secret), postgres),
    databaseWorkerUrl: url('DATABASE_WORKER_URL', withLogin(databaseUrl, 'rosterhub_worker_login', secret), postgres),
    databasePoolSize: integer('DATABASE_POOL_SIZE', 16, 1, 500),
    redisUrl: url('REDIS_URL', 'redis://127.0.0.1:6379', ['redis:', 'rediss:']),
    host: env['HOST'] || '127.0.0.1',
    tls: tlsFiles(),
    ports,
    publicUrl: env['PUBLIC_URL'] ? url('PUBLIC_URL', '', ['http:', 'https:']).replace(/\/+$/, '') : undefined,
    gatewayUrl: url('GATEWAY_URL', `http://127.0.0.1:${ports.graphql}/graphql`, ['http:', 'https:']),
    subgraphUrls: Object.fromEntries(
      subgraphNames.map((name) => [
        name,
        url(`SUBGRAPH_${name.toUpperCase()}_URL`, `http://127.0.0.1:${ports[name]}/graphql`, ['http:', 'https:']),
      ]),
    ) as Record<SubgraphName, string>,
    storageDir: env['STORAGE_DIR'] || join(projectRoot, '.rosterhub', 'storage'),
    trustProxy: proxies(),
    importRemovalLimit: decimal('IMPORT_REMOVAL_LIMIT', 0.2, 0, 1),
    gradeCodes: words('GRADE_CODES'),
    subjectCodes: words('SUBJECT_CODES'),
    importTimeLimitSeconds: integer('IMPORT_TIME_LIMIT_SECONDS', 3600, 1, 7 * 86_400),
    importRetrySeconds: decimal('IMPORT_RETRY_SECONDS', 5, 0.1, 600),
    maxUploadBytes: integer('MAX_UPLOAD_BYTES', 1024 ** 3, 1024, 64 * 1024 ** 3),
    servingProcesses: integer('SERVING_PROCESSES', 1, 1, 64),
    uploadsPerClient: integer('UPLOADS_PER_CLIENT', 4, 1, 1000),
    persistedOperations: persistedOperations(),
    workerConcurrency: integer('WORKER_CONCURRENCY', 1, 1, 64),
    workerNice: integer('WORKER_NICE', 5, 0, 19),
    uploadDays: integer('UPLOAD_DAYS', 90, 0, 36_500),
    exportDays: integer('EXPORT_DAYS', 7, 1, 36_500),
    issueDays: integer('ISSUE_DAYS', 365, 0, 36_500),
    removedDays: integer('REMOVED_DAYS', 0, 0, 36_500),
    tokenSeconds: integer('TOKEN_SECONDS', 3600, 60, 86_400),
    auditMonths: integer('AUDIT_RETENTION_MONTHS', 36, 12, 1200),
    downloadSeconds: integer('DOWNLOAD_SECONDS', 300, 10, 86_400),
    security: {
      failedLogins: integer('SECURITY_FAILED_LOGINS', 10, 1, 1_000_000),
      refusals: integer('SECURITY_REFUSALS', 100, 1, 1_000_000),
      volume: {
        factor: decimal('SECURITY_VOLUME_FACTOR', 10, 1, 1_000_000),
        least: integer('SECURITY_VOLUME_LEAST', 10_000, 1, 1_000_000_000),
      },
    },
    rateLimit: {
      perClient: integer('RATE_LIMIT_PER_CLIENT', 60_000, 0, 1_000_000_000),
      perAddress: integer('RATE_LIMIT_PER_ADDRESS', 120_000, 0, 1_000_000_000),
    },
  }
  if (problems.length)
    throw new Error(`The configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`)
  return config

  function tlsFiles(): Config['tls'] {
    const [certFile, keyFile] = [env['TLS_CERT_FILE'], env['TLS_KEY_FILE']]
    if (certFile && keyFile) return { certFile, keyFile }
    if (certFile || keyFile) problems.push('TLS_CERT_FILE and TLS_KEY_FILE belong together: set both or none')
    return undefined
  }

  function persistedOperations(): Config['persistedOperations'] {
    const file = env['PERSISTED_OPERATIONS_FILE']
    const only = flag('PERSISTED_OPERATIONS_ONLY')
    if (only && !file) problems.push('PERSISTED_OPERATIONS_ONLY needs PERSISTED_OPERATIONS_FILE')
    return file ? { file, only } : undefined
  }

  function proxies(): number | string {
    const value = env['TRUST_PROXY'] || '0'
    if (/^\d+$/.test(value)) return Number(value)
    const parts = value.split(',').map((part) => part.trim())
    if (!parts.every((part) => proxyNames.includes(part) || isAddressRange(part)))
      problems.push('TRUST_PROXY must be a number, or addresses and networks separated by commas')
    return value
  }

  function signingKeys(file: string | undefined): SigningKeys {
    try {
      if (file) return signingKeysOfFile(file, secret, { say: (problem) => void log.error(problem) })
    } catch (error) {
      problems.push(`SIGNING_KEYS_FILE: ${(error as Error).message}`)
    }
    return signingKeysOf(secret)
  }
}

/** What a program that guesses would try first. A secret made by `openssl rand` has none of it. */
function weaknesses(secret: string): string[] {
  if (secret.length < 32) return ['ROSTERHUB_SECRET must have at least 32 characters in production']
  const isGuessable = new Set(secret).size < 10 || /change.?me|rosterhub-development|example|password/i.test(secret)
  return isGuessable ? ['ROSTERHUB_SECRET looks like a placeholder: make one with openssl rand -base64 48'] : []
}

/** Unless given, the logins of serving processes and workers are made by `npm run migrate`, with passwords derived from the secret. */
function withLogin(databaseUrl: string, login: string, secret: string): string {
  if (!URL.canParse(databaseUrl)) return databaseUrl
  const address = new URL(databaseUrl)
  address.username = login
  address.password = derivedKey(secret, `database:${login}`)
  return address.href
}
