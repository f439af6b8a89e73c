import { packageFor, type Row } from './corpus/corpusCase'
import type { Generation } from './corpus/facts'
import { id, rosterFor } from './corpus/rosters'
import { createImportHub, type ImportHub } from './support'

/** A stored school or school year becomes something else (CSV Binding 1.2 section 6), or a district (Japan profile section 5.1). */
describe.each<[Generation, string]>([
  ['base-1.2', 'BASE_1_2'],
  ['jp-2nd-edition', 'JP_2ND_EDITION'],
  ['jp-k12-1.0', 'JP_K12_1_0'],
])('under %s, a stored record of another type', (generation, profile) => {
  const isJapanese = generation.startsWith('jp')
  const of = (word: string) => id(generation, word)
  const active = { status: 'active', dateLastModified: '2026-05-01T00:00:00.000Z' }
  const stored = (file: string, index: number, change: Row = {}): Row => ({
    ...{ ...rosterFor(generation)[file]![index]!, ...active },
    ...change,
  })
  const asDistrict = () =>
    stored('orgs.csv', 1, { type: 'district', identifier: '132012', parentSourcedId: '', name: 'New' })
  const newSchool = () => stored('orgs.csv', 1, { sourcedId: of('n'), parentSourcedId: '' })
  const both = (change: Row) => [0, 1].map((index) => stored('enrollments.csv', index, change))
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
    expect(await imported(rosterFor(generation), {}, 'bulk')).toEqual(['COMPLETED'])
  })
  afterAll(() => hub?.close())

  /** Dry, unless other options are given. */
  async function imported(files: Record<string, Row[]>, options: object = { dryRun: true }, mode = 'delta') {
    const modes = Object.fromEntries(Object.keys(files).map((file) => [file, mode]))
    const one = { ...{ name: '', clause: '', generation, files, modes }, expected: { errors: [], warnings: [] } }
    const job = await hub.run(await packageFor(one), { profile, ...options }, 'RO_20260401_132012.zip')
    const issues = job.issues.items.map(
      ({ severity, code, file, line, column, message }) =>
        `${severity} ${code} ${file} ${line} ${column} ${/\w+\.csv/.exec(message)?.[0]}`,
    )
    return [job.state, ...issues]
  }
  const types = async () =>
    (await hub.owner.query(`select sourced_id, type from orgs order by sourced_id`)).rows.map(
      (row: { sourced_id: string; type: string }) => `${row.sourced_id} ${row.type}`,
    )

  test('is refused at its row while stored records refer to it for what it was', async () => {
    expect(await imported({ 'orgs.csv': [newSchool(), asDistrict()] }, {})).toEqual([
      'REJECTED',
      'error reference.schoolStillUsed orgs.csv 3 type classes.csv',
      'error reference.schoolStillUsed orgs.csv 3 type enrollments.csv',
    ])
    expect(await types()).toEqual([`${of('d')} district`, `${of('s')} school`])
  })

  test('is taken when these move with it', async () => {
    const move = { schoolSourcedId: of('n') }
    const files = {
      'orgs.csv': [newSchool(), asDistrict()],
      'classes.csv': [stored('classes.csv', 0, move)],
      'enrollments.csv': both(move),
    }
    expect(await imported(files)).toEqual(['COMPLETED'])
  })

  test('SKIP leaves its row out, and what needs it; the rest is taken', async () => {
    const parent = stored('orgs.csv', 0, { name: 'Renamed' })
    const files = {
      'orgs.csv': [newSchool(), asDistrict(), parent],
      // The row that would move the class is bad: the stored class stays as it was.
      'classes.csv': [stored('classes.csv', 0, { schoolSourcedId: of('n'), classType: 'lecture' })],
      'enrollments.csv': both({ schoolSourcedId: of('n') }),
    }
    const [state, ...issues] = await imported(files, { onError: 'SKIP' })
    expect(state).toBe('COMPLETED')
    expect(issues).toContain('error reference.schoolStillUsed orgs.csv 3 type classes.csv')
    expect(issues.filter((issue) => issue.includes('StillUsed'))).toHaveLength(1)
    expect(await types()).toEqual([`${of('d')} district`, `${of('n')} school`, `${of('s')} school`].sort())
    const { rows } = await hub.owner.query(`select name from orgs where sourced_id = $1`, [of('d')])
    expect(rows).toEqual([{ name: 'Renamed' }])
  })

  test('SKIP leaves it out too when nobody knows which class a row of a bulk file is', async () => {
    const bulk = (row: Row): Row => ({ ...row, status: '', dateLastModified: '' })
    const files = {
      'orgs.csv': [stored('orgs.csv', 0), asDistrict(), newSchool()].map(bulk),
      'classes.csv': [bulk(stored('classes.csv', 0, { sourcedId: 'not one', schoolSourcedId: of('n') }))],
    }
    const issues = await imported(files, { dryRun: true, onError: 'SKIP' }, 'bulk')
    expect(issues).toContain('error reference.schoolStillUsed orgs.csv 3 type classes.csv')
    // The whole package is refused for the row: that is told, and no consequence.
    const told = await imported(files, { dryRun: true }, 'bulk')
    expect(told.filter((issue) => issue.includes('StillUsed orgs.csv 3 type classes.csv'))).toEqual([])
  })

  if (isJapanese)
    test('is told as a warning where stored schools have it as their district', async () => {
      const district = stored('orgs.csv', 0, { type: 'school', identifier: 'B127210000018' })
      expect(await imported({ 'orgs.csv': [district] }, { dryRun: true })).toEqual([
        'COMPLETED',
        'warning reference.districtStillUsed orgs.csv 2 type orgs.csv',
      ])
      const moved = stored('orgs.csv', 1, { parentSourcedId: '' })
      expect(await imported({ 'orgs.csv': [district, moved] })).toEqual(['COMPLETED'])
    })
  else {
    test('is nothing to tell of a district', async () => {
      expect(await imported({ 'orgs.csv': [stored('orgs.csv', 0, { type: 'local' })] })).toEqual(['COMPLETED'])
    })

    test('may be an extension instead of a school, and is refused when it was one and becomes a district', async () => {
      expect(await imported({ 'orgs.csv': [stored('orgs.csv', 1, { type: 'ext:branch' })] }, {})).toEqual(['COMPLETED'])
      expect((await imported({ 'orgs.csv': [asDistrict()] })).slice(0, 2)).toEqual([
        'REJECTED',
        'error reference.schoolStillUsed orgs.csv 2 type classes.csv',
      ])
    })

    test('is a school year of a stored course', async () => {
      const files = { 'academicSessions.csv': [stored('academicSessions.csv', 0, { type: 'term' })] }
      expect(await imported(files)).toEqual([
        'REJECTED',
        'error reference.schoolYearStillUsed academicSessions.csv 2 type courses.csv',
      ])
      const course = stored('courses.csv', 0, { schoolYearSourcedId: '' })
      expect(await imported({ ...files, 'courses.csv': [course] })).toEqual(['COMPLETED'])
    })
  }

  test('is not told of a row that is as it was, whatever was stored before there was this rule', async () => {
    await hub.owner.query(`update enrollments set school_sourced_id = $1`, [of('d')])
    expect(await imported({ 'orgs.csv': [stored('orgs.csv', 0)] })).toEqual(['COMPLETED'])
  })

  test('is taken when these were removed before; the tests above have left them', async () => {
    const gone = { status: 'tobedeleted' }
    const files = { 'classes.csv': [stored('classes.csv', 0, gone)], 'enrollments.csv': both(gone) }
    expect((await imported(files, {}))[0]).toBe('COMPLETED')
    expect(await imported({ 'orgs.csv': [asDistrict()] }, {})).toEqual(['COMPLETED'])
    expect(await types()).toContain(`${of('s')} district`)
  })
})
