import { refused, taken, type CorpusCase, type Expected, type Files, type Row } from './corpusCase'
import { storedRoster } from './storedRoster'

/** Section 6: a stored record gets another type while stored records refer to it as what it was (storedRoster.ts). */
export const changedTypeCases = (): CorpusCase[] => [...schools(), ...inBulk(), ...sessions()]

const stored = (file: string, index: number, change: Row = {}): Row => ({
  ...{ ...storedRoster()[file]![index]!, status: 'active', dateLastModified: '2026-05-01T00:00:00.000Z' },
  ...change,
})
const both = (change: Row) => [0, 1].map((index) => stored('enrollments.csv', index, change))
const gone = { status: 'tobedeleted' }
const newSchool = stored('orgs.csv', 1, { sourcedId: 'n' })
const toNew = { schoolSourcedId: 'n' }
const schoolUsed = refused('reference.schoolStillUsed orgs.csv type')

const made = (name: string, files: Files, expected: Expected, mode = 'delta'): CorpusCase => ({
  ...{ name, clause: '6', generation: 'base-1.2.1', files, expected, options: { source: 'stored' } },
  modes: Object.fromEntries(Object.keys(files).map((file) => [file, mode])),
})

function schools(): CorpusCase[] {
  const becomes = (name: string, type: string, expected: Expected, files: Files = {}) =>
    made(`a stored school of ${name}`, { 'orgs.csv': [stored('orgs.csv', 1, { type }), newSchool], ...files }, expected)
  return [
    ...['district', 'department', 'local', 'state', 'national'].map((type) =>
      becomes(`a class becomes a ${type}`, type, schoolUsed),
    ),
    ...['school', 'ext:branch'].map((type) => becomes(`a class is a ${type}`, type, taken())),
    becomes('a class and enrollments that move becomes a district', 'district', taken(), {
      'classes.csv': [stored('classes.csv', 0, toNew)],
      'enrollments.csv': both(toNew),
    }),
    becomes('a class and enrollments that go becomes a district', 'district', taken(), {
      'classes.csv': [stored('classes.csv', 0, gone)],
      'enrollments.csv': both(gone),
    }),
    becomes('enrollments becomes a district, the class moves', 'district', schoolUsed, {
      'classes.csv': [stored('classes.csv', 0, toNew)],
    }),
    becomes('a class becomes a district, the enrollments move', 'district', schoolUsed, {
      'enrollments.csv': both(toNew),
    }),
    becomes('a class that is sent as it was becomes a district', 'district', refused(notSchool), {
      'classes.csv': [stored('classes.csv', 0)],
      'enrollments.csv': both(toNew),
    }),
    becomes('a class whose row is bad becomes a district', 'district', refused('row.token classes.csv classType'), {
      'classes.csv': [stored('classes.csv', 0, { ...toNew, classType: 'lecture' })],
      'enrollments.csv': both(toNew),
    }),
    made(
      'a stored school of a class is removed by a row of another type',
      { 'orgs.csv': [stored('orgs.csv', 1, { ...gone, type: 'district' })] },
      taken('reference.stillUsed orgs.csv sourcedId'),
    ),
    made('a stored district becomes a state', { 'orgs.csv': [stored('orgs.csv', 0, { type: 'state' })] }, taken()),
  ]
}
const notSchool = 'reference.notSchool classes.csv schoolSourcedId'

function inBulk(): CorpusCase[] {
  const orgs = storedRoster()['orgs.csv']!
  const changed = [orgs[0]!, { ...orgs[1]!, type: 'district' }, { ...orgs[1]!, sourcedId: 'n' }]
  const others = (change: Row, id = '') =>
    Object.fromEntries(
      ['classes.csv', 'enrollments.csv'].map((file) => [
        file,
        storedRoster()[file]!.map((row) => ({ ...row, ...change, sourcedId: row['sourcedId'] + id })),
      ]),
    )
  return [
    made('bulk: a stored school of a class becomes a district', { 'orgs.csv': changed }, schoolUsed, 'bulk'),
    made(
      'bulk: a stored school becomes a district, what referred to it moves',
      { ...storedRoster(), 'orgs.csv': changed, ...others(toNew) },
      taken(),
      'bulk',
    ),
    made(
      'bulk: a stored school becomes a district, what referred to it is left out',
      {
        ...{ ...storedRoster(), 'orgs.csv': changed, ...others({ ...toNew, classSourcedId: 'stored-k-n' }, '-n') },
      },
      taken(),
      'bulk',
    ),
  ]
}

function sessions(): CorpusCase[] {
  const becomes = (name: string, type: string, expected: Expected, files: Files = {}) =>
    made(
      `a stored school year of ${name}`,
      { 'academicSessions.csv': [stored('academicSessions.csv', 0, { type })], ...files },
      expected,
    )
  return [
    ...['term', 'semester', 'gradingPeriod', 'ext:half'].map((type) =>
      becomes(`a course becomes a ${type}`, type, refused('reference.schoolYearStillUsed academicSessions.csv type')),
    ),
    becomes('a course stays one', 'schoolYear', taken()),
    becomes('a course that names none any more becomes a term', 'term', taken(), {
      'courses.csv': [stored('courses.csv', 0, { schoolYearSourcedId: '' })],
    }),
  ]
}
