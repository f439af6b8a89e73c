import { draws, isWithin, uuids } from './random'

test('UUIDs are of version 4, lower case, and all different', () => {
  const make = uuids('seed', 'student')
  const made = Array.from({ length: 50_000 }, (_, index) => make(index))
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  expect(made.filter((uuid) => !form.test(uuid))).toEqual([])
  expect(new Set(made).size).toBe(made.length)
})

test('what is drawn depends on seed, name and index, not on what was drawn before', () => {
  const make = uuids('seed', 'student')
  const first = make(5)
  make(4)
  expect(make(5)).toBe(first)
  expect(uuids('seed', 'student')(5)).toBe(first)
  expect(uuids('other', 'student')(5)).not.toBe(first)
  expect(uuids('seed', 'teacher')(5)).not.toBe(first)
})

test('a share is hit about as often as it says, and 0 and 1 exactly', () => {
  const draw = draws('seed', 'share')
  const hits = (share: number) =>
    Array.from({ length: 10_000 }, (_, index) => isWithin(share, draw(index))).filter(Boolean)
  expect(hits(0)).toHaveLength(0)
  expect(hits(1)).toHaveLength(10_000)
  expect(Math.abs(hits(0.3).length - 3_000)).toBeLessThan(200)
})
