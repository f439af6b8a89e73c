import { packageFor, type Row } from './corpus/corpusCase'
import type { Generation } from './corpus/facts'
import { id, rosterFor } from './corpus/rosters'
import { createImportHub, type ImportHub } from './support'

/** What a package does to stored records that it does not hold (Japan profile sections 5.1 and 5.5). Everything runs dry. */
describe('stored records that a package leaves without what they need', () => {
  const generation: Generation = 'jp-k12-1.0'
  const of = (word: string) => id(generation, word)
  const stored = (file: string, index: number, change: Row = {}): Row => ({
    ...{ ...rosterFor(generation)[file]![index]!, status: 'active', dateLastModified: '2026-05-01T00:00:00.000Z' },
    ...change,
  })
  const gone = { status: 'tobedeleted' }
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
    expect(await imported(rosterFor(generation), 'bulk', {})).toEqual(['COMPLETED'])
  })
  afterAll(() => hub?.close())

  async function imported(files: Record<string, Row[]>, mode: string, options: object = { dryRun: true }) {
    const modes = Object.fromEntries(Object.keys(files).map((file) => [file, mode]))
    const one = { ...{ name: '', clause: '', generation, files, modes }, expected: { errors: [], warnings: [] } }
    const job = await hub.run(await packageFor(one), { profile: 'JP_K12_1_0', ...options }, 'RO_20260401_132012.zip')
    const issues = job.issues.items.filter(({ code }) => code !== 'manifest.fileExpected')
    return [job.state, ...issues.map(({ severity, code, file, line }) => `${severity} ${code} ${file} ${line}`)]
  }
  const delta = (files: Record<string, Row[]>) => imported(files, 'delta')

  test('a user whose last primary role a delta removes is told, at its line', async () => {
    const roles = [stored('roles.csv', 0), stored('roles.csv', 1, gone)]
    expect(await delta({ 'roles.csv': roles })).toEqual(['COMPLETED', 'warning reference.primaryRoleGone roles.csv 3'])
  })

  test('also one who gets a secondary role, while users.csv speaks of others', async () => {
    const files = {
      'users.csv': [stored('users.csv', 0)],
      'roles.csv': [stored('roles.csv', 1, { roleType: 'secondary' })],
    }
    expect(await delta(files)).toEqual(['COMPLETED', 'warning reference.primaryRoleGone roles.csv 2'])
  })

  test.each<[string, Record<string, Row[]>]>([
    ['goes too', { 'users.csv': [stored('users.csv', 1, gone)], 'roles.csv': [stored('roles.csv', 1, gone)] }],
    ['gets another', { 'roles.csv': [stored('roles.csv', 1, gone), stored('roles.csv', 1, { sourcedId: of('n') })] }],
  ])('nothing of the role is told of a user who %s', async (_, files) => {
    expect((await delta(files)).join()).not.toContain('primaryRole')
  })

  test('a bulk roles.csv alone tells whom it leaves out, and of nobody when it holds all', async () => {
    const roles = rosterFor(generation)['roles.csv']!
    expect(await imported({ 'roles.csv': roles.slice(0, 1) }, 'bulk')).toEqual([
      'COMPLETED',
      'warning reference.primaryRoleGone roles.csv null',
    ])
    expect(await imported({ 'roles.csv': roles }, 'bulk')).toEqual(['COMPLETED'])
  })

  test('a class is removed that is the homeroom of a stored user, and nothing else refers to it', async () => {
    const files = {
      'classes.csv': [stored('classes.csv', 0, gone)],
      'enrollments.csv': [0, 1].map((index) => stored('enrollments.csv', index, gone)),
    }
    expect(await delta(files)).toEqual(['COMPLETED', 'warning reference.stillUsed classes.csv 2'])
    const withUser = { ...files, 'users.csv': [stored('users.csv', 1, { 'metadata.jp.homeClass': 'NULL' })] }
    expect((await delta(withUser)).join()).not.toContain('stillUsed')
  })
})
