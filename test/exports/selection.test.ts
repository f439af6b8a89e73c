import { scopes } from '../../oneroster/scopes'
import { changed } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { createTenant, identityOf } from '../support/roster'
import { askAs, queueExport, rowsOf, runExport, textsOf } from './support'
import { twoSchools } from './twoSchools'

const ids = (rows: Record<string, string>[]) => rows.map(({ sourcedId }) => sourcedId).sort()

describe('an export takes', () => {
  let hub: ImportHub
  beforeAll(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
    expect(await hub.run(await packageOf(twoSchools()))).toMatchObject({ state: 'COMPLETED' })
  })
  afterAll(() => hub?.close())
  const base = { profile: 'BASE_1_2_1' }
  const idsOf = async (path: string, file: string) => ids(await rowsOf(path, file))

  it('of chosen schools only what belongs to them, complete in itself, and nobody of another school', async () => {
    const { path, bytes } = await runExport(hub, { ...base, schools: ['second'] })
    expect(await idsOf(path, 'orgs.csv')).toEqual(['district', 'second'])
    expect(await idsOf(path, 'classes.csv')).toEqual(['class2'])
    expect(await idsOf(path, 'courses.csv')).toEqual(['course2'])
    expect(await idsOf(path, 'users.csv')).toEqual(['s3', 't1'])
    expect(await idsOf(path, 'roles.csv')).toEqual(['role-s3', 'role-t1-second'])
    expect(await idsOf(path, 'enrollments.csv')).toEqual(['enrollment-s3'])
    expect(await idsOf(path, 'demographics.csv')).toEqual(['s3'])
    // The first school is t1's primary org, and no business of the second.
    expect((await rowsOf(path, 'users.csv')).map((row) => row['primaryOrgSourcedId'])).not.toContain('school')
    expect(Object.values(await textsOf(path)).join()).not.toMatch(/\b(s1|s2|g1|Mirai School)\b/)
    const receiver = await createImportHub({}, { worker: true })
    expect(await receiver.run(bytes)).toMatchObject({ state: 'COMPLETED', issues: { items: [] } })
    await receiver.close()
  })

  it('of references only what is in the package: a guardian in a school knows no pupil of another', async () => {
    const { path } = await runExport(hub, { ...base, schools: ['school'] })
    const guardian = (await rowsOf(path, 'users.csv')).find(({ sourcedId }) => sourcedId === 'g1')
    expect(guardian!['agentSourcedIds']).toBe('s1')
  })

  it('chosen entities alone, the others are absent', async () => {
    const { path, job } = await runExport(hub, { ...base, entities: ['users', 'orgs'] })
    expect(Object.keys(await textsOf(path))).toEqual(['manifest.csv', 'orgs.csv', 'users.csv'])
    expect(job.files.map(({ entity, rows }) => [entity, rows])).toEqual([
      ['org', 3],
      ['user', 5],
    ])
  })

  it('in a delta what changed since, removals included, and importing it again changes nothing', async () => {
    const { job: full } = await runExport(hub, base)
    const files = twoSchools()
    const change = {
      'users.csv': [
        changed({ ...files['users.csv']![1]!, phone: '03-0000-0000' }),
        changed(files['users.csv']![4]!, 'tobedeleted'),
      ],
      'enrollments.csv': [changed(files['enrollments.csv']![3]!, 'tobedeleted')],
      'roles.csv': [changed(files['roles.csv']![4]!, 'tobedeleted')],
      'demographics.csv': [changed(files['demographics.csv']![1]!, 'tobedeleted')],
    }
    const modes = Object.fromEntries(Object.keys(change).map((file) => [file, 'delta' as const]))
    expect(await hub.run(await packageOf(change, { modes }))).toMatchObject({ state: 'COMPLETED' })
    const since = { ...base, mode: 'delta', since: full.snapshotAt }
    const { path, bytes, job } = await runExport(hub, since)
    expect(Object.keys(await textsOf(path))).toEqual([
      ...['manifest.csv', 'demographics.csv', 'enrollments.csv', 'roles.csv', 'users.csv'],
    ])
    const users = await rowsOf(path, 'users.csv')
    expect(users.map(({ sourcedId, status }) => [sourcedId, status]).sort()).toEqual([
      ['s1', 'active'],
      ['s3', 'tobedeleted'],
    ])
    expect(users[0]!['dateLastModified']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const again = await hub.run(bytes)
    expect(again.state).toBe('COMPLETED')
    for (const { created, updated, removed } of again.files) expect([created, updated, removed]).toEqual([0, 0, 0])
    const { job: active, ...activeOnly } = await runExport(hub, { ...since, activeOnly: true })
    expect(active.files.map(({ file }) => file)).toEqual(['users.csv'])
    expect(await idsOf(activeOnly.path, 'users.csv')).toEqual(['s1'])
    const { path: nothing } = await runExport(hub, { ...since, since: job.snapshotAt })
    expect(Object.keys(await textsOf(nothing))).toEqual(['manifest.csv'])
    const { path: bulk } = await runExport(hub, base)
    expect(await idsOf(bulk, 'users.csv')).toEqual(['g1', 's1', 's2', 't1'])
  })

  it('no demographics for a caller without their scope, who cannot fetch those of others either', async () => {
    const narrow = identityOf(hub.tenantId, [scopes.exports])
    const fieldsOf = '{ id entities downloadUrl }'
    const query = `mutation ($options: ExportOptions!) { exportRoster(options: $options) ${fieldsOf} }`
    const { exportRoster } = await askAs(hub, query, { options: {} }, narrow)
    expect(exportRoster.entities).not.toContain('demographics')
    await expect(askAs(hub, query, { options: { entities: ['demographics'] } }, narrow)).rejects.toThrow(/scope/)
    const { job } = await runExport(hub, {})
    expect(job.entities).toContain('demographics')
    const look = `query ($id: ID!) { exportJob(id: $id) ${fieldsOf} }`
    await expect(askAs(hub, look, { id: job.id }, narrow)).rejects.toThrow(/scope/)
    expect((await askAs(hub, look, { id: job.id })).exportJob.downloadUrl).toMatch(/^http/)
  })

  it('nothing of another tenant, whose exports cannot be seen', async () => {
    const other = identityOf(await createTenant(hub.database.ownerUrl, 'other'))
    const { job } = await runExport(hub, base)
    expect((await askAs(hub, `{ exportJob(id: "${job.id}") { id } }`, {}, other)).exportJob).toBeNull()
    expect((await askAs(hub, '{ exportJobs { total items { id } } }', {}, other)).exportJobs).toEqual({
      total: 0,
      items: [],
    })
    const mine = (await askAs(hub, '{ exportJobs(filter: { state: [COMPLETED] }, limit: 1) { total items { id } } }'))
      .exportJobs
    expect([mine.items, mine.total > 1]).toEqual([[{ id: job.id }], true])
    await expect(queueExport(hub, { schools: ['second'] }, other)).rejects.toThrow(/schools/)
    await expect(
      askAs(hub, '{ exportJobs { total } }', {}, identityOf(hub.tenantId, [scopes.imports])),
    ).rejects.toThrow(/scope/)
  })

  it.each([
    ['a bulk of removed records', { activeOnly: false }, /activeOnly/],
    ['a bulk since a time', { since: '2026-01-01T00:00:00.000Z' }, /since/],
    ['a delta since no time', { mode: 'delta', since: `2026-01-01'; drop table users` }, /since/],
    ['a delta since a day that is none', { mode: 'delta', since: '2026-02-30T00:00:00Z' }, /since/],
    ['schools that do not exist', { schools: ['school', 'nowhere'] }, /schools: 1/],
    ['schools that are no ids', { schools: [`x'`] }, /schools/],
    ['no schools', { schools: [] }, /schools/],
    ['no entities', { entities: [] }, /entities/],
  ])('no %s', async (_what, options, problem) => {
    await expect(queueExport(hub, options)).rejects.toThrow(problem)
  })
})
