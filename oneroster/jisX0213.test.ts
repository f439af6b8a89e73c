import { isJisX0213 } from './jisX0213'

describe('the repertoire of JIS X 0213', () => {
  test.each(['', 'Yamada', '山田太郎', '高橋', '﨑', '辻', '①Ⅰ〜～−・ー＼', 'か゚', '\u{2000b}', '吉野家', 'é'])(
    'holds %s',
    (text) => expect(isJisX0213(text)).toBe(true),
  )
  test.each(['髙橋', '𠮷野', '\ue000', '槗本', '山😀', '\ud842', '한국'])('does not hold %s', (text) =>
    expect(isJisX0213(text)).toBe(false),
  )
})
