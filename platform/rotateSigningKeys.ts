import { randomBytes } from 'node:crypto'
import { renameSync, statSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readConfig } from './config'
import { keyId, readStoredKeys, type StoredKey } from './signingKeys'

export interface Rotation {
  /** Seconds until the new key signs: every process has read the file by then. */
  readonly afterSeconds: number
  /** Seconds for which the old keys verify after that: the life of what they have signed. */
  readonly overlapSeconds: number
}

/**
 * Writes a new key into the file of signing keys, which is made when it is not there: then the key of ROSTERHUB_SECRET is the old one.
 * Keys that have ended are dropped. Killed at any moment it leaves the old file or the new one. Answers the new key's id and its times.
 */
export function rotateSigningKeys(
  path: string,
  { afterSeconds, overlapSeconds }: Rotation,
  now = Date.now(),
): { id: string; signsFrom: string; oldValidUntil: string } {
  const known: readonly StoredKey[] = statSync(path, { throwIfNoEntry: false })
    ? readStoredKeys(path)
    : [{ signsFrom: new Date(0).toISOString(), validUntil: null }]
  const signsFrom = new Date(now + afterSeconds * 1000).toISOString()
  const oldValidUntil = new Date(now + (afterSeconds + overlapSeconds) * 1000).toISOString()
  const kept = known
    .map((key) => ({ ...key, validUntil: earlier(key.validUntil, oldValidUntil) }))
    .filter((key) => Date.parse(key.validUntil) > now)
  const secret = randomBytes(48).toString('base64url')
  const keys: StoredKey[] = [...kept, { secret, signsFrom, validUntil: null }]
  const part = `${path}.${process.pid}.part`
  writeFileSync(part, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: modeOf(path), flush: true })
  renameSync(part, path)
  return { id: keyId(secret), signsFrom, oldValidUntil }
}

/** Who could read the file before can read it afterwards, and nobody else. */
function modeOf(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o777
}

function earlier(one: string | null, other: string): string {
  return one !== null && Date.parse(one) < Date.parse(other) ? one : other
}

const usage = `npm run keys:rotate [-- --after <seconds>] [-- --now]
  Writes a new signing key into SIGNING_KEYS_FILE. Running processes read it by themselves.
  --after  when the new key begins to sign, default 60: as long as the file takes to reach every machine
  --now    for a key that leaked: the new key signs at once and all old ones end at once, with every token they signed`

function main(): void {
  const { values } = parseArgs({
    options: { after: { type: 'string' }, now: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return void console.log(usage)
  const { signingKeysFile, tokenSeconds } = readConfig()
  if (!signingKeysFile) throw new Error('Set SIGNING_KEYS_FILE to the file that all processes read.')
  const after = Number(values.after ?? 60)
  if (!(after >= 0 && after <= 86_400)) throw new Error('--after must be a number of seconds from 0 to 86400')
  const rotation = values.now
    ? { afterSeconds: 0, overlapSeconds: 0 }
    : { afterSeconds: after, overlapSeconds: tokenSeconds + 60 }
  const { id, signsFrom, oldValidUntil } = rotateSigningKeys(signingKeysFile, rotation)
  console.log(`Key ${id} signs from ${signsFrom}; keys before it are valid until ${oldValidUntil}.`)
}

if (require.main === module) {
  try {
    main()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
