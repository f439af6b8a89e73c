import { draws, type Draw } from '../../sample/random'

/** Inputs drawn from a seed: the same number gives the same input, so that a failure can be looked at again. */
export interface Generated {
  /** A number from 0 to below `limit`. */
  number(limit: number): number
  pick<T>(from: readonly T[]): T
  /** Text of the pieces, mostly as they should be, now and then broken. */
  text(pieces: readonly string[], most: number): string
  /** The text with some of it removed, repeated, swapped or replaced by what parsers dislike. */
  broken(text: string): string
}

const nasty = [
  ...[
    '\0',
    '\u0001',
    '\r',
    '\n',
    '\r\n',
    '\t',
    '"',
    "'",
    '""',
    "''",
    '`',
    '\\',
    '%',
    '%00',
    '\uFEFF',
    '\u2028',
    '\uD800',
  ],
  ...[
    '\uDC00',
    '😀',
    '𠮷',
    'ｱ',
    'é',
    'e\u0301',
    '\u202E',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '=',
    '!',
    '~',
    '&',
    '#',
  ],
  ...[
    'NULL',
    'null',
    'true',
    '__proto__',
    'constructor',
    'toString',
    '-1',
    '1e999',
    'NaN',
    '9'.repeat(40),
    ' '.repeat(40),
  ],
  ...['a'.repeat(300), ','.repeat(50), '"'.repeat(51), '../', '$1', '--', ';', 'AND', 'OR', '2026-02-30', '0000-00-00'],
]

export function generated(seed: string): (index: number) => Generated {
  const stream = draws('fuzz', seed)
  return (index) => one(stream, index)
}

function one(stream: Draw, index: number): Generated {
  let drawn = 0
  const number = (limit: number) => stream(index * 4096 + (drawn++ % 4096)) % limit
  const pick = <T>(from: readonly T[]): T => from[number(from.length)]!
  const self: Generated = {
    number,
    pick,
    text: (pieces, most) =>
      Array.from({ length: number(most) + 1 }, () => (number(6) ? pick(pieces) : pick(nasty))).join(''),
    broken(text) {
      let result = text
      for (let times = number(4); times > 0; times--) {
        const at = number(result.length + 1)
        const to = Math.min(result.length, at + number(8))
        const put = [pick(nasty), '', result.slice(at, to).repeat(2), pick(nasty) + pick(nasty)][number(4)]!
        result = result.slice(0, at) + put + result.slice(to)
      }
      return result
    },
  }
  return self
}
