/**
 * The formats of single values (CSV Binding 1.2 section 3; Japan profile sections 4 to 6), each as a question about a non-empty text.
 * Written for speed: an import asks them tens of millions of times.
 */

/** 1 to 255 characters out of digits, letters and . - _ / @ */
export function isGuid(value: string): boolean {
  if (value.length === 0 || value.length > 255) return false
  for (let index = 0; index < value.length; index++) if (ofGuid[value.charCodeAt(index)] !== 1) return false
  return true
}

/** One for each character code that `characters` holds, so that a test of a character is one look-up. */
function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (const character of characters) table[character.charCodeAt(0)] = 1
  return table
}
const letters = 'abcdefghijklmnopqrstuvwxyz'
const ofGuid = tableOf(`0123456789${letters}${letters.toUpperCase()}./@_-`)
const ofHex = tableOf('0123456789abcdefABCDEF')

/** A comma list of at least one GUID. */
export function isGuidList(value: string): boolean {
  return isGuid(value) || (value.includes(',') && value.split(',').every(isGuid))
}

/** A day that exists, YYYY-MM-DD. */
export function isDate(value: string): boolean {
  if (value.length !== 10 || value.charCodeAt(4) !== hyphen || value.charCodeAt(7) !== hyphen) return false
  const year = digits(value, 0, 4)
  const month = digits(value, 5, 7)
  const day = digits(value, 8, 10)
  // Asked for what must hold: of what is no number nothing does.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return false
  if (day <= 28) return true
  return day <= (month === 2 && isLeap(year) ? 29 : daysInMonth[month - 1]!)
}
const hyphen = 45
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** The number that stands in value[from, to); NaN when something else does. */
function digits(value: string, from: number, to: number): number {
  let number = 0
  for (let index = from; index < to; index++) {
    const digit = value.charCodeAt(index) - 48
    if (digit < 0 || digit > 9) return NaN
    number = number * 10 + digit
  }
  return number
}

/** W3C profile of ISO 8601 in UTC; the fraction may have any length, none included. */
export function isDateTime(value: string): boolean {
  return dateTime.test(value) && isDate(value.slice(0, 10))
}
const dateTime = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?Z$/

export function isYear(value: string): boolean {
  return /^[1-9]\d{3}$/.test(value)
}

export function isInteger(value: string): boolean {
  return /^-?\d{1,9}$/.test(value)
}

/** `{Type:Id}`, several separated by commas. */
export function isUserIds(value: string): boolean {
  return userIds.test(value)
}
const userIds = /^\{[^{}:,]+:[^{}]*[^{},]\}(,\{[^{}:,]+:[^{}]*[^{},]\})*$/

/** The pairs of a valid userIds cell. */
export function parseUserIds(value: string): { type: string; identifier: string }[] {
  return [...value.matchAll(/\{([^{}:,]+):([^{}]+)\}/g)].map(([, type, identifier]) => ({
    type: type!,
    identifier: identifier!,
  }))
}

/** Any version of UUID, any case. */
export function isUuid(value: string): boolean {
  if (value.length !== 36) return false
  if (value.charCodeAt(8) !== hyphen || value.charCodeAt(13) !== hyphen) return false
  if (value.charCodeAt(18) !== hyphen || value.charCodeAt(23) !== hyphen) return false
  // Without a branch for each character; what is past the table makes NaN of the sum.
  let hexDigits = 0
  for (let index = 0; index < 36; index++) hexDigits += ofHex[value.charCodeAt(index)]!
  return hexDigits === 32
}

export function isUuidVersion4(value: string): boolean {
  return uuidVersion4.test(value)
}
const uuidVersion4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** MEXT 学校コード: kind, prefecture, 設置区分, running number, check digit (Japan profile section 4.1). */
export function isSchoolCode(value: string): boolean {
  return /^[A-H][12](0[1-9]|[1-3]\d|4[0-7])[123]\d{8}$/.test(value)
}

/** For a value that isSchoolCode: letter as two digits, weights 1 and 2 in turn, the digits of each product added. */
export function hasSchoolCodeCheckDigit(value: string): boolean {
  const number = `0${value.charCodeAt(0) - 64}${value.slice(1, 12)}`
  let sum = 0
  for (let index = 0; index < number.length; index++) {
    const product = Number(number[index]) * (index % 2 === 0 ? 1 : 2)
    sum += product > 9 ? product - 9 : product
  }
  return (10 - (sum % 10)) % 10 === Number(value[12])
}

/** 教育委員会コード: six digits, the first two a prefecture. */
export function isBoardCode(value: string): boolean {
  return /^(0[1-9]|[1-3]\d|4[0-7])\d{4}$/.test(value)
}

/** `2026年度` at the beginning of a title: four western digits (Japan profile sections 5.2 and 5.6). */
export function hasSchoolYear(value: string): boolean {
  return value.charCodeAt(4) === 0x5e74 && value.charCodeAt(5) === 0x5ea6 && digits(value, 0, 4) >= 0
}

/** U+FF66 to U+FF9F. */
export function hasHalfWidthKana(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code >= 0xff66 && code <= 0xff9f) return true
  }
  return false
}

/** Full-width katakana, the prolonged sound mark, the middle dot and spaces; something at least. */
export function isKatakana(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if ((code < 0x30a1 || code > 0x30fc) && code !== 0x3000 && code !== 0x20) return false
  }
  return value.length > 0
}
