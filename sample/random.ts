/**
 * Everything that looks accidental in the sample is drawn from the seed by name and index, never from a running generator:
 * the 700,000th row can be made without the 699,999 before it, and a delta finds the very people of an earlier package.
 */

/** 32-bit numbers of one name: the same (seed, name, index) gives the same number, in any order. */
export type Draw = (index: number) => number

/** The stream of numbers called `name`; each is 0 ≤ n < 2³². */
export function draws(seed: string, name: string): Draw {
  const key = hashText(`${seed}/${name}`)
  return (index) => mix(mix(index ^ key) + key)
}

/** Lower-case UUIDs of version 4 (Japan profile: sourcedId and userMasterIdentifier), all different within one name for index < 2³². */
export function uuids(seed: string, name: string): (index: number) => string {
  const keys = ['a', 'b', 'c', 'd'].map((part) => hashText(`${seed}/${name}/${part}`)) as [
    number,
    number,
    number,
    number,
  ]
  return (index) => {
    // mix() is a bijection and all 32 bits of the first word stay: two indexes never meet.
    putWord(0, mix(index ^ keys[0]))
    const second = mix(index ^ keys[1])
    putTwo(9, second >>> 16)
    putTwo(14, 0x4000 | (second & 0x0fff))
    const third = mix(mix(index ^ keys[2]) + keys[3])
    putTwo(19, 0x8000 | ((third >>> 16) & 0x3fff))
    putTwo(24, third)
    putWord(28, mix(mix(index ^ keys[3]) + keys[0]))
    return uuid.toString('latin1')
  }
}

/** Whether the number falls into a share of 0 to 1. */
export function isWithin(share: number, number: number): boolean {
  return number < share * 0x1_0000_0000
}

/** The UUID in the making. Writing bytes is faster than joining strings, and millions are made. */
const uuid = Buffer.alloc(36, '-')
const hexDigits = Buffer.from('0123456789abcdef')

/** Writes four bytes as eight digits. */
function putWord(at: number, value: number): void {
  putTwo(at, value >>> 16)
  putTwo(at + 4, value)
}

/** Writes the two lower bytes as four digits. */
function putTwo(at: number, value: number): void {
  uuid[at] = hexDigits[(value >>> 12) & 15]!
  uuid[at + 1] = hexDigits[(value >>> 8) & 15]!
  uuid[at + 2] = hexDigits[(value >>> 4) & 15]!
  uuid[at + 3] = hexDigits[value & 15]!
}

/** Finalizer of MurmurHash3: every bit of the input changes half the bits of the output; invertible. */
function mix(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** FNV-1a over UTF-16 code units, finished by mix(). */
function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h)
}
