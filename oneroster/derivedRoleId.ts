import { createHash } from 'node:crypto'

/** Namespace of RosterHub's derived ids: any fixed UUID would do, and this one must never change. */
const namespace = Buffer.from('7d3f0c0a9e6b4c1f8a52b1c94e60d7a3', 'hex')

/**
 * sourcedId of the role that a users row of OneRoster 1.1 or 1.0 stands for: a UUID of version 5 (RFC 9562 section 5.5) over who, where and
 * as what. Names, dates and positions do not go in, nor does the type of the organisation: the same role has the same id in every import.
 */
export function derivedRoleId(userSourcedId: string, orgSourcedId: string, role: string): string {
  const name = `${userSourcedId}\u001f${orgSourcedId}\u001f${role}`
  const bytes = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
