import { entities } from '../../oneroster/model'
import { typedFilter11 } from './filter11'

const scope = { day: '2026-04-01' }

test.each(['=', '!=', '~', '>'])('words that every object knows are words like any other: status%s', (predicate) => {
  const filterOf = (value: string) => typedFilter11(entities.org, `status${predicate}'${value}'`, scope)
  for (const name of ['constructor', 'toString', '__proto__', 'valueOf'])
    expect([name, filterOf(name)]).toEqual([name, filterOf(name.replace(/.$/, '#'))])
})

test('the word of OneRoster 1.0 is understood', () => {
  expect(typedFilter11(entities.org, "status='inactive'", scope)).toEqual({ status: { in: ['tobedeleted'] } })
})
