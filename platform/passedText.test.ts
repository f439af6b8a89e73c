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

test.each(['jp.homeClass', '備考', 'a b', 'line\nbreak', '__proto__', 'x'.repeat(101)])(
  'a long text under the key %j of metadata stays in the JSON: no header could say where it belongs',
  (key) => {
    const answer = { data: { user: { metadata: Object.fromEntries([[key, long]]) } } }
    const { json, passed } = splitAnswer(answer)
    expect(passed).toBeUndefined()
    expect(JSON.parse(json.toString())).toEqual(JSON.parse(JSON.stringify(answer)))
    const beside = splitAnswer({ data: { metadata: Object.fromEntries([[key, long]]), rendered: long } })
    expect(beside.passed!.header).toMatch(/^data\.rendered \d+$/)
  },
)

test('a text that stands deeper than a header can say stays in the JSON', () => {
  const deep = (levels: number): object => (levels ? { a: deep(levels - 1) } : { rendered: long })
  expect(splitAnswer(deep(9)).passed?.header).toMatch(/^(a\.){9}rendered \d+$/)
  expect(splitAnswer(deep(10)).passed).toBeUndefined()
})

test.each(['data.users.nothing 2', '__proto__.x 2', 'data.users.nothing x', ''])(
  'the header %j leads nowhere',
  (header) => {
    expect(() => joinAnswer(Buffer.from('{}text'), header)).toThrow()
  },
)
