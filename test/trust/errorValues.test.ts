import { ask } from '../support/ask'
import { startHub, type Hub } from '../support/hub'

let hub: Hub
let headers: { authorization: string }
beforeAll(async () => {
  hub = await startHub('one machine')
  headers = { authorization: `Bearer ${hub.token()}` }
})
afterAll(() => hub?.close())

const secret = 'himitsu'
const users = 'query ($v: UserFilter) { users(filter: $v) { total } }'
const update = 'mutation ($v: UpdateUserInput!) { updateUser(sourcedId: "u", input: $v) { sourcedId } }'

/** Query, variables, and what the caller needs in order to mend it. */
const misfits: [query: string, v: unknown, told: string][] = [
  [users, secret, 'Variable "$v": Expected type "UserFilter" to be an object'],
  [users, { familyName: secret }, 'Variable "$v" at "v.familyName": Expected type "StringPredicate"'],
  [users, { familyName: { eq: [secret] } }, 'at "v.familyName.eq": String cannot represent a non string value'],
  [users, { OR: [{ enabledUser: { eq: secret } }] }, 'at "v.OR[0].enabledUser.eq": Boolean cannot represent'],
  [update, { familyName: secret, surname: 'x' }, 'Variable "$v": Field "surname" is not defined'],
  [update, { roles: [{ roleType: secret }] }, 'at "v.roles[0].roleType": The value does not exist in "RoleType" enum'],
  [update, { roles: [{ role: secret, roleType: 'primary' }] }, 'Field "orgSourcedId" of required type "ID!"'],
  [update, undefined, 'Variable "$v" of required type "UpdateUserInput!" was not provided'],
  [update, null, 'Variable "$v" of non-null type "UpdateUserInput!" must not be null'],
  [`{ users(filter: "${secret}") { total } }`, 0, 'Expected value of type "UserFilter"'],
  [
    `{ users(filter: { enabledUser: { eq: "${secret}" } }) { total } }`,
    0,
    'Boolean cannot represent a non boolean value',
  ],
  [`{ users(limit: "${secret}") { total } }`, 0, 'Int cannot represent non-integer value'],
  [`{ users(sort: { field: "${secret}" }) { total } }`, 0, 'Enum "UserSortField" cannot represent non-enum value'],
  [`{ users(sort: { field: ${secret} }) { total } }`, 0, 'The value does not exist in "UserSortField" enum'],
  [`{ users(filter: { familyName: { eq: ["${secret}"] } }) { total } }`, 0, 'String cannot represent'],
  [`{ user(sourcedId "${secret}") { sourcedId } }`, 0, 'Syntax Error: Expected ":", found String'],
  [`{ "${secret}" }`, 0, 'Syntax Error: Expected Name, found String'],
  [`{ """${secret}""" }`, 0, 'Syntax Error: Expected Name, found BlockString'],
  [`{ users(limit: 12 "${secret}") { total } }`, 0, 'Syntax Error: Expected Name, found String'],
]

describe('errors of the graph quote no values', () => {
  it.each(misfits)('%s with %j', async (query, v, told) => {
    const variables = v === undefined ? {} : { v }
    const answers = [
      (await ask(hub, query, variables, headers)).errors,
      (await hub.gateway.execute({ query, variables, ...headers, address: '127.0.0.1', requestId: 'r' })).errors,
    ]
    for (const errors of answers) {
      expect(errors!.map(({ message }) => message).join('\n')).toContain(told)
      expect(JSON.stringify(errors)).not.toContain(secret)
    }
  })
})
