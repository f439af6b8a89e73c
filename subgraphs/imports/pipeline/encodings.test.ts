import { encodingFault } from './encodings'

/** What is said of bytes whose first line that is not UTF-8 is the first of them. */
function fault(hex: string): string {
  const bytes = Buffer.from(hex.replaceAll(/[^0-9a-f]/g, ''), 'hex')
  const end = bytes.indexOf(0x0a)
  return encodingFault(bytes, end < 0 ? bytes : bytes.subarray(0, end), bytes)
}
const ascii = (text: string) => Buffer.from(text).toString('hex')
const comma = ascii(',')

describe('bytes that are not UTF-8', () => {
  test.each([
    ['山田', '8e529363'],
    ['林,一,ﾊﾔｼ,ﾊｼﾞﾒ', `97d1${comma}88ea${comma}cad4bc${comma}cabcded2`],
    ['髙橋', 'fbfc8bb4'],
    ['渡邉,齋', `936ee7b3${comma}e56a`],
    ['鈴ヶ森ﾆｭｰﾀｳﾝ小', '97e983969058c6adb0c0b3dd8fac'],
    ['1A組, then a line of kanji', `${ascii('1A')}9167${ascii('\r\n')}8e529363${comma}8e529363`],
    ['1A組,2B組', `${ascii('1A')}9167${ascii(',2B')}9167`],
    ['ﾊﾔ and kanji on the next line', `cad4${ascii('\r\n')}97d1${comma}88ea`],
  ])('are named as Shift_JIS: %s', (_text, hex) => expect(fault(hex)).toBe('row.shiftJis'))

  test.each([
    ['Renée (Latin-1)', `${ascii('Ren')}e9${ascii('e')}`],
    ['élodie, Ünal, Zoë (Latin-1)', `e9${ascii('lodie,')}dc${ascii('nal,Zo')}eb${ascii(',x')}`],
    ['O’Brien, Ünal (Windows-1252)', `${ascii('O')}92${ascii('Brien,')}dc${ascii('nal')}`],
    ['O’Brien, Renée (Windows-1252)', `${ascii('O')}92${ascii('Brien,Ren')}e9${ascii('e')}`],
    ['O’Brien alone (Windows-1252)', `${ascii('x,O')}92${ascii('Brien,Pat')}`],
    ['O’NEIL and James’s (Windows-1252)', `${ascii('O')}92${ascii('NEIL,James')}92${ascii('s,x')}`],
    ['“Škoda” (Windows-1252)', `${ascii(',')}938a${ascii('koda')}94${ascii(',')}`],
    ['Škoda (Windows-1252)', `${ascii(',')}8a${ascii('koda,')}`],
    ['山田,ﾔﾏﾀﾞ (EUC-JP)', `bbb3c5c4${comma}8ed48ecf8ec08ede`],
    ['ﾔﾏﾀﾞ,ﾀﾛｳ (EUC-JP)', `8ed48ecf8ec08ede${comma}8ec08edb8eb3`],
    ['山田,太郎 (EUC-JP)', `bbb3c5c4${comma}c2c0cfba`],
    ['half a character of UTF-8', 'e381'],
    ['UTF-16 without a mark', '42304430715c300075306d30'],
  ])('are not: %s', (_text, hex) => expect(fault(hex)).toBe('row.encoding'))

  test('with the mark of UTF-16 are that', () => expect(fault('fffe42304430')).toBe('row.utf16'))
})
