import type { IssueCodeName } from '../../../oneroster/issueCodes'

/**
 * What bytes are that are not UTF-8, as far as it can be told: what Japanese Excel saves as CSV is Shift_JIS (code page 932), what it saves
 * as Unicode text is UTF-16. `line` is the first line that is not UTF-8, as much of it as there is.
 */
export function encodingFault(bytes: Buffer, line: Buffer): IssueCodeName {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') return 'row.utf16'
  return isShiftJis(line) ? 'row.shiftJis' : 'row.encoding'
}

/**
 * Decodable is not enough: almost any byte means something in Shift_JIS. Kana and everyday kanji begin with 81 to 9F; what begins above is
 * rare, A1 to DF are half-width katakana, and letters of Latin-1 and all of EUC-JP look like these two.
 */
function isShiftJis(line: Buffer): boolean {
  try {
    // The line may go on in the next chunk, hence `stream`.
    new TextDecoder('shift_jis', { fatal: true }).decode(line, { stream: true })
  } catch {
    return false
  }
  let everyday = 0
  let others = 0
  for (let index = 0; index < line.length; index++) {
    const byte = line[index]!
    if (byte < 0x80) continue
    if (byte <= 0x9f) everyday++
    else others++
    const isHalfWidth = byte >= 0xa1 && byte <= 0xdf
    if (!isHalfWidth) index++
  }
  return everyday > others
}
