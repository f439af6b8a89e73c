import { csvHeader, profiles } from './csv'
import { codeLists } from './japanRules'
import { entities, type EntityName } from './model'
import { cellRules, rowRulesOf, type RowMode } from './rowRules'
import { findings, rowSchema } from './rowSchema'
import { checkInput, compileClean, compileRowCheck } from './validate'

const codes = (found: { code: string; column: string }[] | undefined) =>
  (found ?? []).map((finding) => `${finding.code} ${finding.column}`)

describe('the rules of one row', () => {
  test('the fast check and the yup schema agree on rows of generated cells, in every entity, profile and mode', () => {
    const random = generator(20260301)
    let unclean = 0
    for (const entity of Object.values(entities)) {
      for (const profile of [undefined, ...Object.values(profiles)]) {
        for (const mode of ['bulk', 'delta', 'input'] as RowMode[]) {
          const header = csvHeader(profile ?? profiles['base-1.2.1'], entity)
          const cells = cellRules(entity, mode, profile, header)
          const rows = rowRulesOf(entity, header, profile)
          const isClean = compileClean(cells, rows, header)
          const schema = rowSchema(cells, rows)
          for (let round = 0; round < 60; round++) {
            const row = cells.map((rule) => {
              const pool = random() < 0.75 ? likely(rule.kind, rule.tokens) : samples
              return pool[Math.floor(random() * pool.length)]!
            })
            // One odd cell in an otherwise empty row says most about the cell; whole random rows say most about combinations.
            if (round % 2) {
              const only = Math.floor(random() * row.length)
              for (let index = 0; index < row.length; index++) {
                if (index !== only && !cells[index]!.whenEmpty) row[index] = ''
              }
            }
            const found = findings(schema, Object.fromEntries(header.map((column, index) => [column, row[index]!])))
            if (found.length) unclean++
            // expect() itself would take most of the time.
            if (isClean(row) !== (found.length === 0)) expect({ row, clean: isClean(row) }).toEqual({ row, found })
          }
        }
      }
    }
    expect(unclean).toBeGreaterThan(1000)
  })

  test('a bulk row must leave status and dateLastModified empty, a delta row must fill them', () => {
    const row = ['o1', 'active', '2026-04-01T00:00:00.000Z', 'Board', 'district', '', '']
    expect(codes(check('org', 'bulk')(row))).toEqual(['row.notInBulk status', 'row.notInBulk dateLastModified'])
    expect(check('org', 'delta')(row)).toBeUndefined()
    expect(codes(check('org', 'delta')(['o1', '', '', 'Board', 'district', '', '']))).toEqual([
      'row.requiredInDelta status',
      'row.requiredInDelta dateLastModified',
    ])
  })

  test('the literal NULL is no reference, but an identifier of its own must be real', () => {
    expect(check('org', 'bulk')(['o1', '', '', 'Board', 'district', '', 'NULL'])).toBeUndefined()
    expect(codes(check('enrollment', 'bulk')(['e1', '', '', 'NULL', 's1', 'u1', 'student', '', '', '']))).toEqual([
      'row.required classSourcedId',
    ])
  })

  test('findings name column, code and what was expected, never the value', () => {
    const found = check('org', 'bulk')(['o1', '', '', 'Board', '山田太郎', '', ''])
    expect(found).toEqual([
      {
        code: 'row.token',
        column: 'type',
        severity: 'error',
        parameters: { expected: 'department, district, local, national, school, state, ext:…' },
      },
    ])
    expect(JSON.stringify(found)).not.toContain('山田')
  })

  test('under a Japan profile: kana, 学校コード and who may be primary', () => {
    const org = check('org', 'bulk', 'jp-1.2.1')
    const id = '04f7cddf-089f-4773-8697-9385ade05ba1'
    expect(org([id, '', '', '第1小学校', 'school', 'B127210000018', ''])).toBeUndefined()
    expect(codes(org([id, '', '', '第1小学校', 'school', 'B127210000019', '']))).toEqual([
      'row.schoolCodeCheckDigit identifier',
    ])
    expect(codes(org([id, '', '', '第1小学校', 'school', '12345', '']))).toEqual(['row.schoolCode identifier'])
    expect(codes(org([id, '', '', 'ﾀﾞｲ1小学校', 'school', '', '']))).toEqual(['row.halfWidthKana name'])
    expect(codes(org(['not-a-uuid', '', '', '第1小学校', 'school', '', '']))).toEqual(['row.uuid sourcedId'])
    expect(codes(check('role', 'bulk', 'jp-1.2.1')([id, '', '', id, 'primary', 'principal', '', '', id, '']))).toEqual([
      'row.primaryRole roleType',
    ])
  })

  test('grade and subject codes are those of the deployment', () => {
    const id = '04f7cddf-089f-4773-8697-9385ade05ba1'
    const row = (grades: string, codes: string) => [id, '', '', '', '2026年度国語', '', grades, id, '国語', codes]
    const known = compileRowCheck(entities.course, { mode: 'bulk', profile: profiles['jp-1.2.1'] })
    expect(known(row('P1', 'P010'))).toBeUndefined()
    expect(known(row('07', 'T01'))).toMatchObject([{ severity: 'warning' }, { severity: 'warning' }])
    const options = { mode: 'bulk', profile: profiles['jp-1.2.1'], codes: codeLists(['07'], ['T01']) } as const
    const ours = compileRowCheck(entities.course, options)
    expect(ours(row('07', 'T01'))).toBeUndefined()
    expect(codes(ours(row('P1', 'P010')))).toEqual(['row.gradeCode grades', 'row.subjectCode subjectCodes'])
    expect(codeLists([], ['T01']).grades.has('J3')).toBe(true)
  })

  test('the input of a mutation follows the rules of a row, without status and dateLastModified', () => {
    expect(checkInput(entities.org, { sourcedId: 'o1', name: 'Board', type: 'district' })).toEqual([])
    expect(codes(checkInput(entities.org, { sourcedId: 'o 1', type: 'planet' }))).toEqual([
      'row.guid sourcedId',
      'row.required name',
      'row.token type',
    ])
  })
})

function check(name: EntityName, mode: RowMode, profile?: keyof typeof profiles) {
  return compileRowCheck(entities[name], { mode, ...(profile ? { profile: profiles[profile] } : {}) })
}

const uuid = '04f7cddf-089f-4773-8697-9385ade05ba1'
const samples = [
  ...['', 'NULL', 'true', 'True', 'FALSE', '1', '2026-02-28', '2026-02-29', '2024-02-29', '1900-02-29', '2026-13-01'],
  ...['2026-04-01', '2027-03-31', '0000-01-01', '2026-4-1', '2026-00-10', '2026-04-31', '2026', '0999', '２０２６'],
  ...['2026-04-01T00:00:00.000Z', '2026-04-01T24:00:00Z', '2026-04-01T23:59:60Z', '2026-04-01T00:00:00+09:00'],
  ...[
    '２０２６-04-01',
    '2026-xx-01',
    '2026-04-xx',
    'abcd-04-01',
    '2026/04/01',
    '2026-04-1x',
    '-026-04-01',
    '2026- 4-01',
  ],
  ...['2026-02-30T00:00:00Z', '2026-04-01T00:00:00Z', '2026-04-01 00:00:00', '10000-01-01'],
  ...['a', 'a,b', 'a,,b', ',', 'a b', 'x'.repeat(255), 'x'.repeat(256), '{a:b}', '{a:b},{c:d}', '{a:b}{c:d}', '{a:}'],
  ...['{a:b,}', '{a:b,c}', '{:b}', '{a:b},', '{a:b:c}', 'ext:a', 'ext:', 'ext:あ', 'Ext:a', 'active', 'deleted'],
  ...['ﾀﾛｳ', 'タロウ', 'たろう', 'タ ロウ', '2026年度', '2026年度国語', '国語', 'P1', 'P1,P9', 'P010', 'J090,P100'],
  ...[
    'line\nbreak',
    'line\rbreak',
    'nul\0',
    'a\u0001b',
    '\u001f',
    'tab\t',
    'a\u007f',
    '{a:b\n}',
    'B127210000018',
    'B127210000019',
    '132012',
    '992012',
    '-12',
  ],
  ...[uuid, uuid.toUpperCase(), `${uuid},${uuid}`, `${uuid},a`, '74a531fc-1c70-45a6-8ad9-260d15f69151', '12', '1.5'],
  ...['primary', 'principal', 'student', 'school', 'district', 'guardian', 'homeroom', 'schoolYear', 'term', 'male'],
]

/** Cells that are often right for the kind, so that rows come close to clean and the later rules are reached. */
function likely(kind: string, tokens: readonly string[]): readonly string[] {
  if (kind === 'token') return tokens
  if (kind === 'date') return ['2026-04-01', '2027-03-31', '']
  if (kind === 'dateTime') return ['2026-04-01T00:00:00.000Z', '']
  if (kind === 'boolean') return ['true', 'false', '']
  if (kind === 'guid') return [uuid, 'NULL']
  return samples
}

/** A small deterministic generator (mulberry32), so that a failure can be run again. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
