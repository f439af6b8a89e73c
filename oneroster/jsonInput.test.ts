import { InvalidValue } from './invalid'
import { jsonInput } from './jsonInput'
import { entities } from './model'

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is no member of a user', (name) => {
  const body = JSON.parse(`{"sourcedId": "u", "${name}": []}`) as unknown
  expect(() => jsonInput(entities.user, body)).toThrow(InvalidValue)
})
