import { boardCode, schoolCheckDigit, schoolCode } from './schoolCode'

test('the check digit is that of a code published as an example', () => {
  expect(schoolCheckDigit('B12721000001')).toBe(8)
})

test('a school code has 13 characters in the form the importers demand', () => {
  for (let number = 0; number < 200; number++) {
    const code = schoolCode('D1', 1 + (number % 47), number * 37)
    expect(code).toMatch(/^[A-H][12](0[1-9]|[1-3][0-9]|4[0-7])[123][1-9][0-9]{6}[0-9]$/)
    expect(code.at(-1)).toBe(String(schoolCheckDigit(code.slice(0, -1))))
  }
})

test('a wrong digit anywhere is noticed', () => {
  const code = schoolCode('C1', 13, 2_502_311)
  for (let at = 2; at < 12; at++) {
    const wrong = code.slice(0, at) + ((Number(code[at]) + 1) % 10) + code.slice(at + 1, 12)
    expect(schoolCheckDigit(wrong)).not.toBe(Number(code.at(-1)))
  }
})

test('a board code carries the check digit of 全国地方公共団体コード', () => {
  expect(boardCode(13, 123)).toBe('131237')
  expect(boardCode(5, 201)).toBe('052019')
})
