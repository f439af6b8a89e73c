import type { IssueCodeName } from '../../../oneroster/issueCodes'

/**
 * What bytes are that are not UTF-8, as far as it can be told: what Japanese Excel saves as CSV is Shift_JIS (code page 932), what it saves
 * as Unicode text is UTF-16. `line` is the first line that is not UTF-8, as much of it as there is, and `rest` the bytes from there on.
 */
export function encodingFault(bytes: Buffer, line: Buffer, rest: Buffer): IssueCodeName {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') return 'row.utf16'
  // Hiragana and most kanji of Shift_JIS begin with bytes that EUC-JP does not have.
  if (/[^\0-\x7f]/.test(decoded('euc-jp', rest) ?? '')) return 'row.encoding'
  return isShiftJis(line) || isShiftJis(rest) ? 'row.shiftJis' : 'row.encoding'
}

/**
 * Decodable is not enough: almost any byte means something in Shift_JIS. Kana and everyday kanji begin with 81 to 9F, rare kanji and those of
 * vendors above; A1 to DF are half-width katakana. Letters of Latin-1 look like the latter two, and quotation marks and some letters of
 * Windows-1252 like the former; but these stand within words of ASCII, as characters of two bytes seldom do.
 */
function isShiftJis(text: Buffer): boolean {
  if (text.includes(0) || decoded('shift_jis', text) === undefined) return false
  let everyday = 0
  let rare = 0
  let withinWords = 0
  // Second bytes may look like letters, hence not simply the byte before.
  let isBehindSmallLetter = false
  for (let index = 0; index < text.length; index++) {
    const byte = text[index]!
    const isHalfWidth = byte >= 0xa1 && byte <= 0xdf
    if (byte < 0x80 || isHalfWidth) {
      isBehindSmallLetter = byte >= 0x61 && byte <= 0x7a
      continue
    }
    if (byte <= 0x9f) everyday++
    else rare++
    // `O’Brien` and `James’s`, not `1A組`; of what is cut off there nobody knows.
    const next = text[index + 2]
    if (next !== undefined && (isBehindSmallLetter || isLetter(next))) withinWords++
    isBehindSmallLetter = false
    index++
  }
  return everyday > 0 && withinWords * 2 < everyday + rare
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
}

/** What the bytes mean, if all do. They may end within a character, hence `stream`; some decoders let 80 to 9F through as control characters. */
function decoded(encoding: string, bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true })
    return /[\u0080-\u009f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
