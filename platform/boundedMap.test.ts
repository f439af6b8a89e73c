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

it('holds less of what weighs more, and nothing that alone weighs too much', () => {
  const map = boundedMap<number, string>(100, (key) => key)
  const weight = () => keysOf(map).reduce((sum, key) => sum + key, 0)
  for (let round = 0; round < 3; round++)
    for (const key of [1, 10, 20, 30, 40, 50, 5, 51, 1_000]) {
      map.set(key, 'kept')
      expect(weight()).toBeLessThanOrEqual(100)
      expect(map.get(key)).toBe(key > 50 ? undefined : 'kept')
    }
  for (let key = 1; key <= 50; key++) map.delete(key)
  expect(weight()).toBe(0)
  map.set(50, 'room')
  map.set(49, 'room')
  expect(keysOf(map)).toEqual([49, 50])
})
