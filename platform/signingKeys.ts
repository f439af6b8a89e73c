import { readFileSync, statSync } from 'node:fs'
import { derivedKey } from './derivedKey'

/**
 * What access tokens and the statements between our own processes are signed with. Several keys are valid at once: the newest whose time has
 * come signs, every one that has not ended verifies, and `kid` says which. docs/decisions/signing-keys.md has the reasons.
 */
export interface SigningKeys {
  current(): SigningKey
  /** The key of this id; undefined when there is none or it has ended. */
  find(id: unknown): SigningKey | undefined
}

export interface SigningKey {
  /** Public: the `kid` of what it signs. */
  readonly id: string
  readonly secret: string
}

/** A text is the secret of the one key there is. */
export type Signing = string | SigningKeys

/** One key as it stands in SIGNING_KEYS_FILE. */
export interface StoredKey {
  /** Missing: the key that is derived from ROSTERHUB_SECRET, with which every hub begins. */
  readonly secret?: string
  readonly signsFrom: string
  /** Null: no end is planned. */
  readonly validUntil: string | null
}

interface TimedKey extends SigningKey {
  readonly signsFrom: number
  readonly validUntil: number
}

const onlyKeys = new Map<string, SigningKeys>()

/** The keys behind a secret or the keys themselves. */
export function signingKeysOf(signing: Signing): SigningKeys {
  if (typeof signing !== 'string') return signing
  let keys = onlyKeys.get(signing)
  if (!keys) {
    const only: SigningKey = { id: keyId(signing), secret: signing }
    keys = { current: () => only, find: (id) => (id === only.id ? only : undefined) }
    onlyKeys.set(signing, keys)
  }
  return keys
}

/**
 * The keys of a file that may change while we run: it is looked at again when `lookEveryMilliseconds` have passed. While it does not exist
 * the key is the one of `secret`. A file that cannot be read any more is logged by `say` and changes nothing.
 * Throws when a file is there and is not what rotateSigningKeys.ts writes.
 */
export function signingKeysOfFile(
  path: string,
  secret: string,
  { lookEveryMilliseconds = 2_000, say = (_problem: string) => undefined as void } = {},
): SigningKeys {
  let version = versionOf(path)
  let keys = version === undefined ? [firstKey(secret)] : timedKeys(readStoredKeys(path), secret)
  let lookedAt = Date.now()

  function fresh(now: number): readonly TimedKey[] {
    if (now - lookedAt < lookEveryMilliseconds) return keys
    lookedAt = now
    const found = versionOf(path)
    if (found === undefined || found === version) return keys
    try {
      keys = timedKeys(readStoredKeys(path), secret)
      version = found
    } catch (error) {
      say((error as Error).message)
    }
    return keys
  }

  return {
    current() {
      const now = Date.now()
      const signing = fresh(now).filter((key) => key.signsFrom <= now && key.validUntil > now)
      // Nothing but a clock or a hand-written file leaves none; then nobody is let in rather than everybody.
      const newest = signing.at(-1)
      if (!newest) throw new Error(`${path} has no key that signs now`)
      return newest
    },
    find(id) {
      const now = Date.now()
      return fresh(now).find((key) => key.id === id && key.validUntil > now)
    },
  }
}

/** The key that a JWT names in its header; undefined when it names none of ours, so that nothing is computed for it. */
export function keyOfToken(token: string, signing: Signing): SigningKey | undefined {
  try {
    const header = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) as unknown
    return signingKeysOf(signing).find((header as { kid?: unknown } | null)?.kid)
  } catch {
    return undefined
  }
}

/** What stands in the file. Throws an Error that says what is wrong, without a word of its content. */
export function readStoredKeys(path: string): readonly StoredKey[] {
  let stored: unknown
  try {
    stored = (JSON.parse(readFileSync(path, 'utf8')) as { keys?: unknown }).keys
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'not JSON'})`)
  }
  if (Array.isArray(stored) && stored.length > 0 && stored.every(isStoredKey)) return stored
  throw new Error(`${path} is not a file of signing keys: make it with npm run keys:rotate`)
}

/** The public id of a key. */
export function keyId(secret: string): string {
  return derivedKey(secret, 'access token key id').slice(0, 16)
}

function timedKeys(stored: readonly StoredKey[], secret: string): readonly TimedKey[] {
  return stored
    .map((key) => ({
      id: keyId(key.secret ?? secret),
      secret: key.secret ?? secret,
      signsFrom: Date.parse(key.signsFrom),
      validUntil: key.validUntil === null ? Infinity : Date.parse(key.validUntil),
    }))
    .sort((a, b) => a.signsFrom - b.signsFrom)
}

function firstKey(secret: string): TimedKey {
  return { id: keyId(secret), secret, signsFrom: 0, validUntil: Infinity }
}

function isStoredKey(value: unknown): value is StoredKey {
  const { secret, signsFrom, validUntil } = (value ?? {}) as Record<string, unknown>
  const isTime = (text: unknown) => typeof text === 'string' && !Number.isNaN(Date.parse(text))
  const isSecret = secret === undefined || (typeof secret === 'string' && secret.length >= 32)
  return isSecret && isTime(signsFrom) && (validUntil === null || isTime(validUntil))
}

/** Changes whenever the file does: a rename gives it another inode. */
function versionOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.ino} ${found.mtimeMs} ${found.size}`
}
