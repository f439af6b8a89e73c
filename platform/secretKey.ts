import { createSecretKey, type KeyObject } from 'node:crypto'
import { derivedKey } from './derivedKey'

const known = new Map<string, KeyObject>()

/**
 * A derived key as jsonwebtoken likes it. Given a plain text it first tries to read it as a PEM key, which costs a millisecond of every
 * signature and thirty times what the signature itself costs.
 */
export function secretKey(secret: string, purpose: string): KeyObject {
  const name = `${purpose}\n${secret}`
  let key = known.get(name)
  if (!key) known.set(name, (key = createSecretKey(Buffer.from(derivedKey(secret, purpose)))))
  return key
}
