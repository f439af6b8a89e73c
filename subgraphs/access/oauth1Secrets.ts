import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { derivedKey } from '../../platform/config'

/**
 * OAuth 1 secrets. Whoever checks an HMAC must know its key, so these cannot be hashed like the other credentials: they are encrypted
 * (AES-256-GCM) under a key of their own, bound to their client, and open nothing but OAuth 1 (docs/decisions/oauth1.md).
 */
const algorithm = 'aes-256-gcm'

/** 256 random bits. */
export function newOauth1Secret(): string {
  return `rho_${randomBytes(32).toString('base64url')}`
}

export function encryptSecret(oauth1Secret: string, clientId: string, secret: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv(algorithm, keyOf(secret), iv).setAAD(Buffer.from(clientId))
  const text = Buffer.concat([cipher.update(oauth1Secret), cipher.final()])
  return [iv, cipher.getAuthTag(), text].map((part) => part.toString('base64url')).join('.')
}

/** Undefined when it was encrypted under another ROSTERHUB_SECRET or for another client. */
export function decryptSecret(stored: string, clientId: string, secret: string): string | undefined {
  try {
    const [iv, tag, text] = stored.split('.').map((part) => Buffer.from(part, 'base64url'))
    const decipher = createDecipheriv(algorithm, keyOf(secret), iv!).setAAD(Buffer.from(clientId)).setAuthTag(tag!)
    return Buffer.concat([decipher.update(text!), decipher.final()]).toString()
  } catch {
    return undefined
  }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(derivedKey(secret, 'oauth1 secrets'), 'hex')
}
