import { refused, taken, type CorpusCase } from './corpusCase'
import { columns, isJapanese, type ColumnFact, type Generation } from './facts'
import { id, rosterWith } from './rosters'

/** Every column of the nine files: empty, of a wrong type, out of vocabulary, referring to nothing, and every value that is right. */
export function columnCases(generation: Generation): CorpusCase[] {
  return columns.flatMap((fact) => [
    ...needed(generation, fact),
    ...values(generation, fact),
    ...referring(generation, fact),
  ])
}

const at = (code: string, { file, column }: ColumnFact) => `${code} ${file} ${column}`

function one(
  generation: Generation,
  fact: ColumnFact,
  value: string,
  rest: Pick<CorpusCase, 'clause' | 'expected'> & Partial<CorpusCase>,
): CorpusCase {
  const { file, column } = fact
  const shown = value.length > 40 ? `${value.slice(0, 20)}… (${value.length})` : value || '(empty)'
  return {
    name: `${file} ${column} = ${JSON.stringify(shown)}`,
    generation,
    files: rosterWith(generation, file, { [column]: value }),
    ...rest,
  }
}

/** Section 9 for what must be filled, section 5 for the two columns that depend on the mode. */
function needed(generation: Generation, fact: ColumnFact): CorpusCase[] {
  const { file, column, required } = fact
  if (required === true)
    return [one(generation, fact, '', { clause: '9', expected: refused(at('row.required', fact)) })]
  if (required !== 'delta') return []
  const filled = { status: 'active', dateLastModified: '2026-05-01T00:00:00.000Z' }
  const value = filled[column as 'status']
  const modes = { [file]: 'delta' }
  const files = (change: Record<string, string>) => {
    const roster = rosterWith(generation, file, change)
    return { ...roster, [file]: (roster[file] as Record<string, string>[]).map((row) => ({ ...filled, ...row })) }
  }
  return [
    one(generation, fact, value, { clause: '5', expected: refused(at('row.notInBulk', fact)) }),
    {
      ...one(generation, fact, '', { clause: '5', expected: refused(at('row.requiredInDelta', fact)) }),
      ...{ name: `delta ${file} ${column} = (empty)`, modes, files: files({ [column]: '' }) },
    },
    // The two columns mean the same in every file.
    ...(file === 'orgs.csv' || file === 'users.csv' ? (wrongInDelta[column] ?? []) : []).map(([wrong, code]) => ({
      ...one(generation, fact, wrong, { clause: '3', expected: refused(at(code, fact)) }),
      ...{ name: `delta ${file} ${column} = ${wrong}`, modes, files: files({ [column]: wrong }) },
    })),
    ...(rightInDelta[column] ?? []).map((right) => ({
      ...one(generation, fact, right, { clause: '3', expected: taken() }),
      ...{ name: `delta ${file} ${column} = ${right}`, modes, files: files({ [column]: right }) },
    })),
  ]
}
const wrongInDelta: Record<string, [value: string, code: string][]> = {
  status: [
    ['deleted', 'row.token'],
    ['inactive', 'row.token'],
    ['ext:gone', 'row.token'],
  ],
  dateLastModified: [
    ['2026-05-01', 'row.dateTime'],
    ['2026-05-01T00:00:00+09:00', 'row.dateTime'],
    ['2026-02-30T00:00:00.000Z', 'row.dateTime'],
  ],
}
const rightInDelta: Record<string, string[]> = { status: ['active'], dateLastModified: ['2012-04-23T18:25:43.511Z'] }

/** Section 3: formats that are wrong, with the code that says so, and formats that are right. */
const wrongFormats: Record<string, [code: string, ...values: string[]]> = {
  guid: ['row.guid', 'has space', '日本語', 'x'.repeat(256)],
  date: ['row.date', '2026-02-30', '2026/04/01', '2026-13-01', '２０２６-04-01', '2026-0x-01'],
  year: ['row.year', '26', '2026年', 'year'],
  boolean: ['row.boolean', '1', 'yes'],
  userIdList: ['row.userIds', 'LDAP:a', '{LDAP:a', '{:a}', '{LDAP:}', '{LDAP:a};{LTI:b}'],
}
const rightFormats: Record<string, string[]> = {
  guid: ['x'.repeat(255), 'A.b-c_d/e@f'],
  date: ['2024-02-29'],
  boolean: ['true', 'false'],
  userIdList: ['{LDAP:a}', '{LDAP:a},{LTI:b c}'],
  stringList: ['1,2,3'],
  string: [`"quoted", with comma, O'Brien <&> 😀 ${'x'.repeat(300)}`],
}

function values(generation: Generation, fact: ColumnFact): CorpusCase[] {
  const { file, column, type } = fact
  if (fact.required === 'delta') return []
  // The rules of the Japan profiles on single columns have cases of their own.
  const japanese = isJapanese(generation)
  const [code, ...allWrong] = wrongFormats[type] ?? []
  const wrong = some(fact, allWrong)
  const isKey = column === 'sourcedId' && file === 'demographics.csv'
  const bad = wrong.map((value) => one(generation, fact, value, { clause: '3', expected: refused(at(code!, fact)) }))
  if (type === 'enum' && fact.values) bad.push(...outOfVocabulary(generation, fact))
  if (japanese) return bad
  const cased =
    type === 'boolean'
      ? [one(generation, fact, 'True', { clause: '3', expected: refused(at('row.boolean', fact)) })]
      : []
  const good = isKey || (type === 'date' && fact.required) ? [] : some(fact, rightFormats[type] ?? [])
  const fine = good
    .filter(() => column !== 'subjects' && column !== 'subjectCodes')
    .map((value) => one(generation, fact, value, { clause: '3', expected: oddButRight(fact, value) }))
  return [...bad, ...cased, ...fine, ...(fact.values && type === 'enum' ? inVocabulary(generation, fact) : [])]
}

/** A format is the same in every file: all of its values are tried in two files, one of them (another each time) elsewhere. */
function some({ file, column }: ColumnFact, all: readonly string[]): readonly string[] {
  if (file === 'orgs.csv' || file === 'users.csv' || !all.length) return all
  return [all[columns.findIndex((one) => one.file === file && one.column === column) % all.length]!]
}

/** Enrollment dates should lie within the terms of the class (section 6). */
function oddButRight({ file }: ColumnFact, value: string) {
  const isOutside = file === 'enrollments.csv' && value === '2024-02-29'
  return isOutside ? taken(`reference.enrollmentDates ${file} beginDate`) : taken()
}

/** Unknown tokens, and capitals: enumerations are case-sensitive (section 3); `ext:` only where the vocabulary is open. */
function outOfVocabulary(generation: Generation, fact: ColumnFact): CorpusCase[] {
  const expected = refused(at('row.token', fact))
  const wrong = ['planet', fact.values![0]!.toUpperCase(), 'ext:', ...(fact.extensible ? ['ext:a b'] : ['ext:own'])]
  return wrong.map((value) => one(generation, fact, value, { clause: '3', expected }))
}

function inVocabulary(generation: Generation, fact: ColumnFact): CorpusCase[] {
  return [...fact.values!, ...(fact.extensible ? ['ext:own', 'ext:a.b-c_1'] : [])].map((value) =>
    one(generation, fact, value, { clause: '3', expected: taken() }),
  )
}

/** Section 5: in bulk every record referred to is in the package. Section 2 (Japan): NULL means none. */
function referring(generation: Generation, fact: ColumnFact): CorpusCase[] {
  const { column, target, type, required } = fact
  if (!target) return []
  const nowhere = id(generation, 'zz')
  // An organisation that is not there is none in which the user has a role either (section 6).
  const warnings = column === 'primaryOrgSourcedId' ? [at('reference.primaryOrg', fact)] : []
  const expected = { ...refused(at('reference.notFound', fact)), warnings }
  const cases = [one(generation, fact, nowhere, { clause: '5', expected })]
  if (column === 'sourcedId') return cases
  cases.push(one(generation, fact, 'no id', { clause: '3', expected: refused(at('row.guid', fact)) }))
  if (type === 'guidRefs') {
    const first = id(generation, target === 'users.csv' ? 'u' : 'y')
    cases.push(
      one(generation, fact, `${first},${nowhere}`, { clause: '5', expected }),
      one(generation, fact, `${first},`, { clause: '3', expected: refused(at('row.guid', fact)) }),
      one(generation, fact, first, { clause: '3', expected: taken() }),
    )
  }
  if (!required) cases.push(one(generation, fact, 'NULL', { clause: 'J 5.2', expected: taken() }))
  else cases.push(one(generation, fact, 'NULL', { clause: 'J 5.2', expected: refused(at('row.required', fact)) }))
  return cases
}
