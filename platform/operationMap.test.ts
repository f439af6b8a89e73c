import { operationMap } from './operationMap'

it('holds a thousand usual texts, and a few long ones', () => {
  const usual = operationMap<number>(1_000)
  for (let n = 0; n < 400; n++) usual.set(`{ users { total } } # ${n}`, undefined, n)
  expect(usual.get('{ users { total } } # 0', undefined)).toBe(0)
  const long = operationMap<number>(1_000)
  const text = (n: number) => `{ users { total } } # ${n} ${'x'.repeat(100_000)}`
  for (let n = 0; n < 400; n++) long.set(text(n), undefined, n)
  const held = Array.from({ length: 400 }, (_value, n) => n).filter((n) => long.get(text(n), undefined) !== undefined)
  expect(held.length).toBeLessThan(10)
  expect(held).toContain(399)
})

it('holds one operation of a text', () => {
  const map = operationMap<string>(10)
  const text = 'query a { users { total } } query b { orgs { total } }'
  map.set(text, 'a', 'A')
  expect([map.get(text, 'a'), map.get(text, 'b'), map.get(text, undefined)]).toEqual(['A', undefined, undefined])
  map.set(text, 'b', 'B')
  expect([map.get(text, 'a'), map.get(text, 'b')]).toEqual([undefined, 'B'])
})
