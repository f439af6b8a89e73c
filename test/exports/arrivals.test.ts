import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changed } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { scopes } from '../../oneroster/scopes'
import { identityOf } from '../support/roster'
import { exportEnded, queueExport, rowsOf } from './support'
import { twoSchools } from './twoSchools'

/** A delta of some schools: who follows one package with the next, and sees no other, knows everything that it names. */
describe('what comes to a school without a change of its own', () => {
  let hub: ImportHub
  let receiver: ImportHub
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' }, { worker: true })
    receiver = await createImportHub({}, { worker: true })
    expect(await hub.run(await packageOf(withDistrictCourse()))).toMatchObject({ state: 'COMPLETED' })
  })
  afterEach(async () => {
    await hub?.close()
    await receiver?.close()
  })

  /** The first school has a class in a course of the district, in a term of its own. */
  function withDistrictCourse() {
    const files = twoSchools()
    const year = files['academicSessions.csv']![0]!
    const term = { sourcedId: 'term', title: 'Term', type: 'term', parentSourcedId: 'early' }
    files['academicSessions.csv']!.push({ ...year, sourcedId: 'early' }, { ...year, ...term })
    files['courses.csv']!.push({
      ...{ sourcedId: 'music', title: 'Music', orgSourcedId: 'district', schoolYearSourcedId: 'early' },
    })
    files['classes.csv']!.push({
      ...{ sourcedId: 'band', title: 'Band', classType: 'scheduled', courseSourcedId: 'music' },
      ...{ schoolSourcedId: 'school', termSourcedIds: 'term' },
    })
    return files
  }

  it.each([
    ['of a client that sees this school', ['second'], {}],
    ['of this school, for a client that sees all', undefined, { schools: ['second'] }],
  ])('comes with the delta %s', async (_whose, schools, options) => {
    const client = { ...identityOf(hub.tenantId, [scopes.exports, scopes.roster, scopes.demographics]) }
    const caller = schools ? { ...client, clientId: 'rhc_narrow', schools } : client
    await hub.owner.query(
      `insert into api_clients (tenant_id, client_id, name, scopes, schools) values ($1, $2, 'x', $3, $4)`,
      [hub.tenantId, caller.clientId, [scopes.exports, scopes.roster, scopes.demographics], schools ?? null],
    )
    const exported = async (more: object) => {
      const id = await queueExport(hub, { profile: 'BASE_1_2_1', ...options, ...more }, caller)
      const job = await exportEnded(hub, id)
      expect(job).toMatchObject({ state: 'COMPLETED' })
      return { job, path: join(hub.config.storageDir, 'exports', String(hub.tenantId), id) }
    }
    const received = async (path: string) => {
      const { state, issues } = await receiver.run(await readFile(path))
      expect([state, issues.items]).toEqual(['COMPLETED', []])
    }
    const full = await exported({})
    expect((await rowsOf(full.path, 'users.csv')).map(({ sourcedId }) => sourcedId).sort()).toEqual(['s3', 't1'])
    await received(full.path)

    const files = withDistrictCourse()
    const band = files['classes.csv']!.at(-1)!
    const enrolled = { sourcedId: 'arrival', classSourcedId: 'class2', schoolSourcedId: 'second', userSourcedId: 's1' }
    const change = {
      'classes.csv': [changed({ ...band, schoolSourcedId: 'second' })],
      'enrollments.csv': [changed({ ...files['enrollments.csv']![1]!, ...enrolled })],
    }
    const modes = { 'classes.csv': 'delta', 'enrollments.csv': 'delta' } as const
    expect(await hub.run(await packageOf(change, { modes }))).toMatchObject({ state: 'COMPLETED' })

    const delta = await exported({ mode: 'delta', since: full.job.snapshotAt })
    const ids = async (file: string) => (await rowsOf(delta.path, file)).map(({ sourcedId }) => sourcedId).sort()
    expect(await ids('enrollments.csv')).toEqual(['arrival'])
    expect(await ids('users.csv')).toEqual(['s1'])
    expect(await ids('demographics.csv')).toEqual(['s1'])
    expect(await ids('classes.csv')).toEqual(['band'])
    expect(await ids('courses.csv')).toEqual(['music'])
    expect(await ids('academicSessions.csv')).toEqual(['early', 'term'])
    await received(delta.path)
    const next = await exported({ mode: 'delta', since: delta.job.snapshotAt })
    expect(next.job.rowsWritten).toBe(0)
  })
})
