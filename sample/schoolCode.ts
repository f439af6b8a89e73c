/** Codes of schools and boards as the Japan profile wants them in orgs.identifier (Japan profile, identifiers). */

/** 学校コード, 13 characters: kind, prefecture (1 to 47), 設置区分 2 = 公立, running number (0 to 8,999,999), check digit. */
export function schoolCode(kind: string, prefecture: number, number: number): string {
  // Some importers refuse a running number that begins with 0.
  const body = `${kind}${twoDigits(prefecture)}2${1_000_000 + number}`
  return body + schoolCheckDigit(body)
}

/**
 * The check digit of the first 12 characters (MEXT 学校コード): the letter becomes two digits (A → 01 … H → 08), digits are multiplied by
 * 1, 2, 1, 2, … from the left, and what the digits of the products lack to a multiple of ten is the check digit.
 */
export function schoolCheckDigit(body: string): number {
  const digits = twoDigits(body.charCodeAt(0) - 0x40) + body.slice(1)
  const sum = [...digits].reduce((total, digit, at) => total + digitSum(Number(digit) * (at % 2 ? 2 : 1)), 0)
  return (10 - (sum % 10)) % 10
}

/** 教育委員会コード, 6 digits: prefecture (1 to 47), municipality (3 digits) and the check digit of 全国地方公共団体コード (JIS X 0402). */
export function boardCode(prefecture: number, municipality: number): string {
  const body = twoDigits(prefecture) + String(municipality).padStart(3, '0')
  const sum = [...body].reduce((total, digit, at) => total + Number(digit) * (6 - at), 0)
  return body + ((11 - (sum % 11)) % 10)
}

const twoDigits = (number: number) => String(number).padStart(2, '0')
const digitSum = (number: number) => Math.floor(number / 10) + (number % 10)
