import { askAs } from '../exports/support'
import { packageFor, type Row } from './corpus/corpusCase'
import type { Generation } from './corpus/facts'
import { id, rosterFor } from './corpus/rosters'
import { until } from '../support/until'
import { changed, smallRoster } from './smallRoster'
import { createImportHub, packageOf, type ImportHub } from './support'

/** The report of an import, as an administrator works through it. */
describe('the issues of an import', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
  })
  afterAll(() => hub?.close())

  async function report() {
    const files = smallRoster()
    files['classes.csv']![0]!['courseSourcedId'] = 'nowhere'
    files['orgs.csv']![1]!['type'] = 'castle'
    for (const user of files['users.csv']!) user['primaryOrgSourcedId'] = 'district'
    files['users.csv']!.push(
      ...Array.from({ length: 150 }, (_, index) => ({
        sourcedId: `u${index}`,
        enabledUser: 'yes',
        username: 'x',
        givenName: 'x',
        familyName: '',
      })),
    )
    return hub.run(await packageOf(files))
  }

  test('come with the cause first: errors before warnings, rows before references, what is there most often before the rest', async () => {
    const job = await report()
    expect(job.state).toBe('REJECTED')
    const kinds = job.issues.items.map(({ severity, code, file }) => `${severity} ${code} ${file}`)
    const order = [...new Set(kinds)]
    expect(order.slice(0, 3)).toEqual([
      'error row.required users.csv',
      'error row.boolean users.csv',
      'error row.token orgs.csv',
    ])
    const firstReference = order.findIndex((kind) => kind.startsWith('error reference.'))
    const firstWarning = order.findIndex((kind) => kind.startsWith('warning'))
    expect(firstReference).toBeGreaterThan(2)
    expect(firstWarning).toBeGreaterThan(firstReference)
    expect(order.slice(firstWarning).every((kind) => kind.startsWith('warning'))).toBe(true)
    // All of a kind together, in the order of lines.
    expect(kinds.filter((kind, index) => kind !== kinds[index - 1])).toEqual(order)
    const lines = job.issues.items.filter(({ code }) => code === 'row.required').map(({ line }) => line!)
    expect(lines).toEqual([...lines].sort((a, b) => a - b))
    const counted = job.issueCounts.map(({ severity, code, file }) => `${severity} ${code} ${file}`)
    expect(counted).toEqual(order)
  })

  test('are counted all and kept in part, and come by pages that fit together', async () => {
    const { id } = await report()
    const query = `query ($id: ID!, $limit: Int, $offset: Int) { importJob(id: $id) {
      issueCounts { code file count } issues(file: "users.csv", severity: error, limit: $limit, offset: $offset) { total items { code line } } } }`
    const page = async (limit: number, offset: number) => (await askAs(hub, query, { id, limit, offset })).importJob
    const whole = await page(1000, 0)
    expect(whole.issueCounts).toContainEqual({ code: 'row.required', file: 'users.csv', count: 150 })
    expect(whole.issues.items.filter(({ code }: { code: string }) => code === 'row.required')).toHaveLength(100)
    const pages = [await page(70, 0), await page(70, 70), await page(1000, 140)]
    expect(pages.flatMap(({ issues }) => issues.items)).toEqual(whole.issues.items)
    expect(pages.map(({ issues }) => issues.total)).toEqual(Array(3).fill(whole.issues.items.length))
  })

  test('are the same whichever rule is answered first: on one line from left to right, and of many lines those of the first column', async () => {
    expect((await hub.run(await packageOf(smallRoster()))).state).toBe('COMPLETED')
    const rows = Array.from({ length: 210 }, (_, i) =>
      changed({
        ...{ sourcedId: `lost-${i}`, classSourcedId: i < 110 ? 'nowhere' : 'class', schoolSourcedId: 'school' },
        ...{ userSourcedId: i < 105 ? 's1' : 'nobody', role: 'student' },
      }),
    )
    const bytes = await packageOf({ 'enrollments.csv': rows }, { modes: { 'enrollments.csv': 'delta' } })
    const slow = await hub.owner.connect()
    // The first of two rules of one code waits, and the second one overtakes it.
    await slow.query('begin; lock table classes in access exclusive mode')
    const job = await hub.upload(bytes)
    const waiting = `select count(*)::integer as n from pg_locks where not granted and relation = 'classes'::regclass`
    await until('no rule waits for classes', async () => (await slow.query(waiting)).rows[0].n > 0)
    await slow.query('select pg_sleep(0.5); rollback')
    slow.release()
    const { issues, issueCounts } = await hub.ended(job)
    expect(issueCounts).toMatchObject([{ code: 'reference.notFound', count: 215 }])
    expect(issues.items.map(({ line, column }) => [line, column])).toEqual(
      Array.from({ length: 100 }, (_, i) => [i + 2, 'classSourcedId']),
    )
  })

  test('are one for a row and a column, though what the row refers to stands there twice', async () => {
    const files = smallRoster()
    files['orgs.csv']!.push(files['orgs.csv']![0]!)
    files['classes.csv']![0]!['schoolSourcedId'] = 'district'
    const profile = { profileType: 'x', vendorId: 'x', credentialType: 'x', username: 'x', userSourcedId: 's1' }
    files['userProfiles.csv'] = Array.from({ length: 3 }, () => ({ sourcedId: 'p', ...profile }))
    files['roles.csv']![0]!['userProfileSourcedId'] = 'p'
    const { issueCounts, files: counted } = await hub.run(await packageOf(files), { dryRun: true })
    const found = issueCounts.filter(({ severity }) => severity === 'error')
    expect(found.map(({ code, file, count }) => [code, file, count]).sort()).toEqual([
      ['reference.notSchool', 'classes.csv', 1],
      ['reference.profileOfOther', 'roles.csv', 1],
      ['row.duplicate', 'orgs.csv', 1],
      ['row.duplicate', 'userProfiles.csv', 2],
    ])
    const rejected = counted.filter(({ rejected }) => rejected).map(({ file, rejected }) => `${file} ${rejected}`)
    expect(rejected.sort()).toEqual(['classes.csv 1', 'orgs.csv 1', 'roles.csv 1', 'userProfiles.csv 2'])
  })

  describe('of a Japanese package', () => {
    const generation: Generation = 'jp-k12-1.0'
    const of = (word: string) => id(generation, word)
    async function imported(change: (files: Record<string, Row[]>) => void, options: Record<string, unknown> = {}) {
      const files = rosterFor(generation)
      for (const user of files['users.csv']!) user['primaryOrgSourcedId'] = of('s')
      change(files)
      const one = { ...{ name: '', clause: '', generation, files }, expected: { errors: [], warnings: [] } } as const
      return hub.run(await packageFor(one), options, 'RO_20260401_132012.zip')
    }
    const told = ({ issues }: { issues: { items: { severity: string; code: string; file: string | null }[] } }) =>
      issues.items.map(({ severity, code, file }) => `${severity} ${code} ${file}`)
    const rejected = (job: { files: { file: string; read: number; rejected: number }[] }, name: string) => {
      const { read, rejected } = job.files.find(({ file }) => file === name)!
      return [read, rejected]
    }

    test('a role with a bad cell is told, and not that its user has none', async () => {
      const spoil = (files: Record<string, Row[]>) =>
        Object.assign(files['roles.csv']![1]!, { beginDate: '2026-02-30' })
      expect(told(await imported(spoil))).toEqual(['error row.date roles.csv'])
    })

    test('a user without a role is told beside rows of other files that are wrong', async () => {
      const job = await imported((files) => {
        files['roles.csv']!.splice(1, 1)
        files['courses.csv']![0]!['courseCode'] = 'X'
      })
      expect(told(job)).toEqual([
        'error row.mustBeEmpty courses.csv',
        'error reference.primaryRoleMissing users.csv',
        'warning reference.primaryOrg users.csv',
      ])
    })

    test('a role of nobody comes before the user who is left without it', async () => {
      const job = await imported((files) => Object.assign(files['roles.csv']![1]!, { userSourcedId: of('zz') }))
      expect(told(job)).toEqual([
        'error reference.notFound roles.csv',
        'error reference.primaryRoleMissing users.csv',
        'warning reference.primaryOrg users.csv',
      ])
    })

    test('a row that several rules find is one row', async () => {
      const twice = await imported((files) => void files['users.csv']!.push(files['users.csv']![1]!))
      expect(told(twice)).toEqual(['error row.duplicate users.csv', 'error reference.masterIdentifierTwice users.csv'])
      expect(rejected(twice, 'users.csv')).toEqual([3, 1])
      const broken = await imported((files) =>
        Object.assign(files['enrollments.csv']![1]!, {
          ...{ classSourcedId: of('zz'), schoolSourcedId: of('zz'), userSourcedId: of('zz') },
        }),
      )
      expect(broken.issueCounts).toMatchObject([{ code: 'reference.notFound', count: 3 }])
      expect(rejected(broken, 'enrollments.csv')).toEqual([2, 1])
    })

    test.each(['REJECT', 'SKIP'])('so are many rows, under %s', async (onError) => {
      const job = await imported(
        (files) => {
          const good = files['enrollments.csv']![1]!
          const more = (count: number, word: string, row: Row) =>
            Array.from({ length: count }, (_, i) => ({ ...good, sourcedId: of(`${word}${i}`), ...row }))
          files['enrollments.csv']!.push(
            ...more(150, 'a', { classSourcedId: of('zz'), userSourcedId: of('zz') }),
            ...more(20, 'b', { classSourcedId: of('zz') }),
            ...more(30, 'c', { userSourcedId: of('zz') }),
            ...more(5, 'd', { userSourcedId: of('zz'), role: 'king' }),
          )
        },
        { onError, dryRun: true },
      )
      expect(rejected(job, 'enrollments.csv')).toEqual([207, 205])
    })
  })
})
