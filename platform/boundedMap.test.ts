import { boundedMap } from './boundedMap'

const keysOf = (map: ReturnType<typeof boundedMap<number, string>>) => [...map.entries()].map(([key]) => key).sort()

it('never holds more than its limit, and keeps what is used', () => {
  const map = boundedMap<number, string>(10)
  map.set(0, 'used')
  for (let key = 1; key < 100; key++) {
    map.set(key, 'not used')
    expect(map.get(0)).toBe('used')
    expect(keysOf(map).length).toBeLessThanOrEqual(10)
  }
  // What came last is there, what came long ago is not.
  expect(keysOf(map)).toEqual(expect.arrayContaining([0, 96, 97, 98, 99]))
  expect(map.get(50)).toBeUndefined()
})

it('holds one value for a key, wherever it stood', () => {
  const map = boundedMap<number, string>(4)
  for (const key of [1, 2, 3]) map.set(key, 'first')
  map.set(1, 'second')
  expect(map.get(1)).toBe('second')
  expect([...map.entries()].filter(([key]) => key === 1)).toEqual([[1, 'second']])
  map.delete(1)
  expect(map.get(1)).toBeUndefined()
  expect(keysOf(map)).not.toContain(1)
})
