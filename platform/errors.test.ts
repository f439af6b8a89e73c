import { describe as described } from './errors'

/** What the log is told of an error: enough to find it, and no value of a row or a request. */
describe('an error in the log', () => {
  const parsing = () => JSON.parse('{"name": "山田 太郎') as unknown

  it('of JSON that is none has no piece of the text', () => {
    expect(parsing).toThrow(SyntaxError)
    let thrown: unknown
    try {
      JSON.parse('山田 太郎')
    } catch (error) {
      thrown = error
    }
    expect(JSON.stringify(described(thrown))).not.toMatch(/[山田太郎]/)
    expect(described(thrown)['name']).toBe('SyntaxError')
  })

  it('of PostgreSQL about data has no value', () => {
    const error = Object.assign(new Error('invalid input syntax for type date: "山田 "太郎""'), { code: '22007' })
    expect(described(error)).toMatchObject({ message: 'invalid input syntax for type date: "…"', code: '22007' })
    expect(JSON.stringify(described(error))).not.toMatch(/山田|太郎/)
  })

  it('keeps what names our own things', () => {
    const error = Object.assign(new Error('column "x" does not exist'), { code: '42703' })
    expect(described(error)).toMatchObject({ message: 'column "x" does not exist' })
    expect(described(error)['stack']).toContain('errors.test')
  })
})
