import { randomBytes, timingSafeEqual } from 'node:crypto'
import bcrypt from 'bcrypt'
import { coded } from '../../platform/errors'

/**
 * Prefixes let people and secret scanners recognise what they see. bcrypt reads 72 bytes; the longest of these (an API key) has 64.
 */
const secretPattern = /^rhs_[\w-]{43}$/
const apiKeyPattern = /^(rhk_[0-9a-f]{16})\.[\w-]{43}$/
const cost = 10

export function newClientId(): string {
  return `rhc_${randomBytes(12).toString('hex')}`
}

/** 256 random bits. */
export function newClientSecret(): string {
  return `rhs_${randomBytes(32).toString('base64url')}`
}

/** A public prefix, which finds the client, and 256 random bits. */
export function newApiKey(): { apiKey: string; prefix: string } {
  const prefix = `rhk_${randomBytes(8).toString('hex')}`
  return { apiKey: `${prefix}.${randomBytes(32).toString('base64url')}`, prefix }
}

export function isClientSecret(text: string): boolean {
  return secretPattern.test(text)
}

/** The public part of an API key, undefined when the text is none. */
export function apiKeyPrefix(text: string): string | undefined {
  return apiKeyPattern.exec(text)?.[1]
}

export function hashCredential(credential: string): Promise<string> {
  return inTurn(() => bcrypt.hash(credential, cost))
}

/**
 * Whether the credential is the one that was hashed. Without a hash the same work is done against a hash that nothing matches, so that
 * the time of the answer does not tell whether there is such a client.
 */
export async function matchesHash(credential: string, hash: string | null | undefined): Promise<boolean> {
  const matches = await inTurn(() => bcrypt.compare(credential, hash ?? hashOfNothing))
  return matches && hash !== null && hash !== undefined
}

/** Compares in a time that does not depend on where two texts differ. */
export function equalInConstantTime(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Hash of random bytes that were never kept, at the same cost as the real ones. */
const hashOfNothing = bcrypt.hashSync(randomBytes(32).toString('base64url'), cost)

/**
 * bcrypt runs on the few threads that files and name look-ups need too, so it gets two of them and a bounded queue.
 */
const atOnce = 2
const queueLimit = 100
let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waiting.length >= queueLimit) throw coded('SERVER_BUSY', 'Too many credentials are being checked; try again soon')
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    return await work()
  } finally {
    // The place is handed on, so that nobody can come in between.
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
