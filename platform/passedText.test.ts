import { joinAnswer, PassedText, splitAnswer } from './passedText'

const long = '姓名 "quoted" \u0001 \\ 😀 '.repeat(100)

test('a long text passes behind the JSON, and comes out where it was', () => {
  const answer = { data: { users: { next: null, rendered: long, total: 3 } }, extensions: { more: [1] } }
  const { json, passed } = splitAnswer(answer)
  expect(json.toString()).not.toContain('quoted')
  const joined = joinAnswer(Buffer.concat([json, passed!.text]), passed!.header) as typeof answer
  expect(joined.data.users.rendered).toBeInstanceOf(PassedText)
  expect(JSON.parse(JSON.stringify(joined))).toEqual(answer)
  expect(`${joined.data.users.rendered}`).toBe(long)
  // From process to process, as it came.
  expect(splitAnswer(joined)).toEqual({ json, passed })
})

test('what is short, in a list or null stays in the JSON', () => {
  const answer = { data: { users: { rendered: 'short', total: 0 }, items: [{ rendered: long }], none: null } }
  const { json, passed } = splitAnswer(answer)
  expect(passed).toBeUndefined()
  expect(joinAnswer(json, undefined)).toEqual(answer)
})

test.each(['data.users.nothing 2', '__proto__.x 2', 'data.users.nothing x', ''])(
  'the header %j leads nowhere',
  (header) => {
    expect(() => joinAnswer(Buffer.from('{}text'), header)).toThrow()
  },
)
