import { familyNames } from './familyNames'
import { boysNames, girlsNames } from './givenNames'

export interface Name {
  readonly text: string
  /** Full-width katakana. */
  readonly kana: string
  /** Place in 五十音順 among the names of its list. */
  readonly order: number
}

/** Picks a name by a 32-bit number; names that are frequent in life are frequent here. */
export type PickName = (number: number) => Name

const tableSize = 1 << 14

export const pickFamilyName = picker(familyNames, 8)
/** Given names are spread more evenly than family names. */
export const pickBoysName = picker(boysNames, 40)
export const pickGirlsName = picker(girlsNames, 40)

/** A frequency of about 1 / (rank + flatness), as a table in which each name stands as often as it shall be picked. */
function picker(list: string, flatness: number): PickName {
  const names = parse(list)
  const weights = names.map((_, rank) => 1 / (rank + flatness))
  const sum = weights.reduce((all, weight) => all + weight, 0)
  const table: Name[] = []
  let before = 0
  names.forEach((name, rank) => {
    before += weights[rank]!
    while (table.length < Math.round((before / sum) * tableSize)) table.push(name)
  })
  return (number) => table[number % tableSize]!
}

function parse(list: string): Name[] {
  const names = list
    .trim()
    .split(/\s+/)
    .map((item) => item.split(':') as [string, string])
  const inOrder = names.map(([text, kana]) => `${kana}:${text}`).sort()
  return names.map(([text, kana]) => ({ text, kana, order: inOrder.indexOf(`${kana}:${text}`) }))
}
