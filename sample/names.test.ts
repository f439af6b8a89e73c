import { familyNames } from './familyNames'
import { boysNames, girlsNames } from './givenNames'
import { pickFamilyName } from './names'

const lists = { familyNames, boysNames, girlsNames }

/** Not in JIS X 0208, but in JIS X 0213: rows 1-14, 1-15, 1-47, 1-84 to 1-94 and plane 2. */
const onlyIn0213 = new Set('﨑濵栁德桒彅緖𡈽𣘺')

/** Everything in the 94 rows of JIS X 0208, as EUC-JP has it. */
const jisX0208 = new Set(
  new TextDecoder('euc-jp').decode(
    Uint8Array.from(
      Array.from({ length: 94 * 94 }, (_, at) => [0xa1 + Math.floor(at / 94), 0xa1 + (at % 94)])
        .filter(([row]) => row! <= 0xf4 && !(row! >= 0xa9 && row! <= 0xaf))
        .flat(),
    ),
  ),
)

test.each(Object.entries(lists))('%s: each name has full-width katakana and stands once', (_, list) => {
  const items = list.trim().split(/\s+/)
  for (const item of items) expect(item).toMatch(/^[^:\s]+:[ァ-ヺー]+$/)
  expect(new Set(items).size).toBe(items.length)
  expect(items.length).toBeGreaterThanOrEqual(100)
})

test.each(Object.entries(lists))('%s: no character is outside JIS X 0213', (_, list) => {
  const outside = [...list]
    .filter((character) => !/[\s:]/.test(character))
    .filter((character) => !jisX0208.has(character) && !onlyIn0213.has(character))
  expect(outside).toEqual([])
})

test('the check of characters would notice one outside', () => {
  expect(jisX0208.has('佐')).toBe(true)
  expect(jisX0208.has('髙')).toBe(false)
  expect(onlyIn0213.has('髙')).toBe(false)
})

test('frequent names are frequent, and rare ones occur', () => {
  const counts = new Map<string, number>()
  for (let number = 0; number < 16_384; number++) {
    const { text } = pickFamilyName(number)
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  expect(counts.get('佐藤')!).toBeGreaterThan(10 * counts.get('𡈽屋')!)
  expect(counts.size).toBe(familyNames.trim().split(/\s+/).length)
})
