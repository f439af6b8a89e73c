import { createHmac, timingSafeEqual } from 'node:crypto'
import { derivedKey } from './derivedKey'
import { signingKeysOf, type Signing, type SigningKey } from './signingKeys'

/** What a link lets its holder fetch, and on whose behalf it was made. */
export type DownloadClaims = JobClaims | AuditClaims

interface Holder {
  readonly tenantId: number
  readonly clientId: string
}

/** A file of the imports subgraph. */
export interface JobClaims extends Holder {
  readonly kind: 'export' | 'importReport'
  readonly jobId: string
  /** For a report: how it is to be written. */
  readonly language?: 'en' | 'ja'
  readonly forExcel?: boolean
}

/** Events of the trail, of the access subgraph. */
export interface AuditClaims extends Holder {
  readonly kind: 'auditEvents'
  readonly filter: Readonly<Record<string, string>>
}

/**
 * A download link carries its permission: what may be fetched, by whom it was asked for and until when, signed. Browsers and plain HTTP clients
 * follow it without a credential, so it lives for minutes and opens one file.
 */
export function signDownload(claims: DownloadClaims, signing: Signing, expiresAt: Date): string {
  const key = signingKeysOf(signing).current()
  const text = Buffer.from(JSON.stringify({ ...claims, expiresAt: expiresAt.getTime() })).toString('base64url')
  return `${text}.${key.id}.${signature(text, key)}`
}

/** What the link says; undefined when it is forged, of another hub or over. */
export function readDownload(token: string, signing: Signing, now = Date.now()): DownloadClaims | undefined {
  const [text, keyId, given, ...rest] = token.split('.')
  if (!text || !given || rest.length) return undefined
  const key = signingKeysOf(signing).find(keyId)
  if (!key) return undefined
  const [expected, received] = [Buffer.from(signature(text, key)), Buffer.from(given)]
  if (expected.length !== received.length || !timingSafeEqual(expected, received)) return undefined
  const { expiresAt, ...claims } = JSON.parse(Buffer.from(text, 'base64url').toString()) as DownloadClaims & {
    expiresAt: number
  }
  return now < expiresAt ? claims : undefined
}

function signature(text: string, { secret }: SigningKey): string {
  return createHmac('sha256', derivedKey(secret, 'download link')).update(text).digest('base64url')
}
