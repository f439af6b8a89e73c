import { packageFor, type CorpusCase } from '../imports/corpus/corpusCase'
import { generations, isJapanese, type Generation } from '../imports/corpus/facts'
import { id, rosterFor } from '../imports/corpus/rosters'
import { changed } from '../imports/smallRoster'
import { createImportHub, type ImportedJob, type ImportHub } from '../imports/support'
import { rowsOf, runExport } from './support'

/**
 * A package is complete in itself whatever was removed under it or left to other schools: a hub that has nothing takes it without an error
 * (CSV Binding 1.2 section 5, Japan profile section 5.5).
 */
let sender: ImportHub
let receiver: ImportHub
beforeAll(async () => {
  sender = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
  receiver = await createImportHub({}, { worker: true })
})
afterAll(async () => {
  await sender?.close()
  await receiver?.close()
})

type Rows = Record<string, Record<string, string>[]>

const profileOf: Record<Generation, string> = {
  'base-1.2': 'BASE_1_2',
  'base-1.2.1': 'BASE_1_2_1',
  'jp-2nd-edition': 'JP_2ND_EDITION',
  'jp-1.2.1': 'JP_1_2_1',
  'jp-k12-1.0': 'JP_K12_1_0',
}

describe.each(generations)('in %s', (generation) => {
  const of = (word: string) => id(generation, word)
  const profile = profileOf[generation]
  const idsIn = async (path: string, file: string) => (await rowsOf(path, file)).map((row) => row['sourcedId']).sort()
  const words = (...all: string[]) => all.map(of).sort()

  async function send(files: Rows, modes?: CorpusCase['modes']): Promise<void> {
    const one = { name: '', clause: '', generation, files, expected: { errors: [], warnings: [] }, modes }
    const job = await sender.run(await packageFor(one), { profile })
    expect([job.state, errorsOf(job)]).toEqual(['COMPLETED', []])
  }
  const remove = (files: Rows) =>
    send(
      Object.fromEntries(
        Object.entries(files).map(([file, rows]) => [file, rows.map((row) => changed(row, 'tobedeleted'))]),
      ),
      Object.fromEntries(Object.keys(files).map((file) => [file, 'delta'])),
    )
  /** The package alone, in a hub without a roster. */
  async function expectAccepted(bytes: Buffer): Promise<void> {
    const job = await receiver.run(bytes, { dryRun: true, profile })
    expect([job.state, errorsOf(job)]).toEqual(['COMPLETED', []])
  }

  it.each(['bulk', 'delta'])('what a %s leaves out takes with it what needs it', async (mode) => {
    const { roster, removed } = withNeedy(generation)
    await send(roster)
    await remove(removed)
    const { path, bytes } = await runExport(sender, { profile, mode, activeOnly: true })
    expect(await idsIn(path, 'courses.csv')).toEqual(words('c'))
    const classes = await rowsOf(path, 'classes.csv')
    expect(classes.map((row) => row['sourcedId']).sort()).toEqual(words('k', 'k3'))
    expect(new Set(classes.map((row) => row['termSourcedIds']))).toEqual(new Set([of('y')]))
    expect(await idsIn(path, 'enrollments.csv')).toEqual(words('et', 'eu'))
    const teacher = (await rowsOf(path, 'users.csv')).find((row) => row['sourcedId'] === of('t'))
    expect(teacher!['metadata.jp.homeClass'] ?? '').toBe('')
    await expectAccepted(bytes)
  })

  it('without any session there are no classes and nobody is enrolled', async () => {
    const roster = rosterFor(generation)
    await send(roster)
    await remove({ 'academicSessions.csv': roster['academicSessions.csv']! })
    const { job, bytes } = await runExport(sender, { profile })
    expect(job.files.map(({ file }) => file)).toEqual(
      expect.not.arrayContaining(['academicSessions.csv', 'classes.csv', 'enrollments.csv']),
    )
    // In Japan a package without these files is none.
    if (!isJapanese(generation)) await expectAccepted(bytes)
  })

  it('users whose school was removed come without their role, and Japanese readers would refuse them: it says so', async () => {
    const roster = withSecondSchool(generation)
    const moved = { ...roster['roles.csv']![1]!, orgSourcedId: of('s2') }
    await send({ ...roster, 'roles.csv': [roster['roles.csv']![0]!, moved] })
    const found = async (options: object) => {
      const { job } = await runExport(sender, { profile, ...options })
      return job.issues.map(({ code, file, column, count }) => ({ code, file, column, count }))
    }
    expect(await found({})).toEqual([])
    await remove({ 'orgs.csv': [roster['orgs.csv']!.at(-1)!] })
    const told = { code: 'export.primaryRoleMissing', file: 'users.csv', column: 'sourcedId', count: 1 }
    expect(await found({})).toEqual(isJapanese(generation) ? [told] : [])
    // A delta need not bring roles that its reader has, nor does a file of users alone.
    expect(await found({ mode: 'delta' })).toEqual([])
    expect(await found({ entities: ['users'] })).toEqual([])
  })

  it('an enrollment of which nothing is said, as after a single write, is not primary where the cell must be filled', async () => {
    await send(rosterFor(generation))
    const filled = async () => {
      const { path, bytes } = await runExport(sender, { profile })
      await expectAccepted(bytes)
      return (await rowsOf(path, 'enrollments.csv')).map(({ primary }) => primary).sort()
    }
    expect(await filled()).toEqual(['false', 'true'])
    await sender.owner.query(`update enrollments set "primary" = null where not "primary"`)
    expect(await filled()).toEqual(isJapanese(generation) ? ['false', 'true'] : ['', 'true'])
  })

  it('of one school everyone brings the primary role along where the generation asks for one', async () => {
    await send(withSecondSchool(generation))
    const { path, bytes } = await runExport(sender, { profile, schools: [of('s2')] })
    const elsewhere = (...all: string[]) => (isJapanese(generation) ? all : [])
    expect(await idsIn(path, 'users.csv')).toEqual(words('t', 'u'))
    expect(await idsIn(path, 'roles.csv')).toEqual(words('rt2', ...elsewhere('rt', 'ru')))
    expect(await idsIn(path, 'orgs.csv')).toEqual(words('d', 's2', ...elsewhere('s')))
    expect(await idsIn(path, 'courses.csv')).toEqual(words('c2'))
    expect(await idsIn(path, 'classes.csv')).toEqual(words('k2'))
    expect(await idsIn(path, 'enrollments.csv')).toEqual(words('e2', 'e3'))
    await expectAccepted(bytes)
  })
})

const errorsOf = ({ issues }: ImportedJob) =>
  issues.items.filter(({ severity }) => severity === 'error').map(({ code, file }) => `${code} ${file}`)

/** Classes that need a course or sessions which are removed then, and what needs these classes. */
function withNeedy(generation: Generation): { roster: Rows; removed: Rows } {
  const of = (word: string) => id(generation, word)
  const roster = rosterFor(generation)
  const [course, klass] = [roster['courses.csv']![0]!, roster['classes.csv']![0]!]
  const [session, enrollment] = [roster['academicSessions.csv']![0]!, roster['enrollments.csv']![0]!]
  const otherCourse = { ...course, sourcedId: of('c2') }
  const otherSession = { ...session, sourcedId: of('y2') }
  roster['courses.csv']!.push(otherCourse)
  roster['academicSessions.csv']!.push(otherSession)
  roster['classes.csv']!.push(
    { ...klass, sourcedId: of('k2'), courseSourcedId: of('c2') },
    { ...klass, sourcedId: of('k3'), termSourcedIds: `${of('y')},${of('y2')}` },
    { ...klass, sourcedId: of('k4'), termSourcedIds: of('y2') },
  )
  roster['enrollments.csv']!.push(
    { ...enrollment, sourcedId: of('e2'), classSourcedId: of('k2') },
    { ...enrollment, sourcedId: of('e4'), classSourcedId: of('k4') },
  )
  if (isJapanese(generation)) roster['users.csv']![0]!['metadata.jp.homeClass'] = of('k2')
  return { roster, removed: { 'courses.csv': [otherCourse], 'academicSessions.csv': [otherSession] } }
}

/** A second school with a class of its own: a teacher has a role and an enrollment there, a pupil an enrollment only. */
function withSecondSchool(generation: Generation): Rows {
  const of = (word: string) => id(generation, word)
  const roster = rosterFor(generation)
  const copy = (file: string, at: number, change: Record<string, string>) =>
    roster[file]!.push({ ...roster[file]![at]!, ...change })
  copy('orgs.csv', 1, { sourcedId: of('s2'), identifier: '' })
  copy('courses.csv', 0, { sourcedId: of('c2'), orgSourcedId: of('s2') })
  copy('classes.csv', 0, { sourcedId: of('k2'), courseSourcedId: of('c2'), schoolSourcedId: of('s2') })
  copy('roles.csv', 0, { sourcedId: of('rt2'), roleType: 'secondary', orgSourcedId: of('s2') })
  const there = { classSourcedId: of('k2'), schoolSourcedId: of('s2') }
  copy('enrollments.csv', 0, { sourcedId: of('e2'), ...there })
  copy('enrollments.csv', 1, { sourcedId: of('e3'), ...there })
  return roster
}
