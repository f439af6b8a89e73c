import { humanCsvLine } from './humanCsv'

describe('a CSV for people', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])('shows %j as text', (cell) => {
    expect(humanCsvLine([cell]).replace(/^"/, '').startsWith("'")).toBe(true)
  })

  it('leaves other cells as they are, quoted where RFC 4180 wants it', () => {
    expect(humanCsvLine(['a', 'b,c', 'd"e', null, -5, 'x=1'])).toBe('a,"b,c","d""e",,-5,x=1\r\n')
  })
})
