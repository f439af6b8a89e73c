import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { graphql } from 'graphql'
import { generateSample } from '../../sample/generateSample'
import { createEnrollmentsSubgraph, enrollmentsEntities } from '../../subgraphs/enrollments/server'
import { orgsEntities } from '../../subgraphs/orgs/server'
import { openRosterDatabase } from '../../subgraphs/roster/serve'
import { createUsersSubgraph, usersEntities } from '../../subgraphs/users/server'
import { createImportHub, type ImportHub } from '../imports/support'
import { identityOf } from '../support/roster'
import { runExport, textsOf } from './support'

/** What metadata may hold is noted as it is written, so that an export need not look: whatever comes in, by file or by a single write, comes out. */
describe('keys of metadata', () => {
  let hub: ImportHub
  let roster: Awaited<ReturnType<typeof openRosterDatabase>>
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
    roster = await openRosterDatabase(hub.config, [...orgsEntities, ...usersEntities, ...enrollmentsEntities])
  })
  afterAll(async () => {
    await roster?.close()
    await hub?.close()
  })

  const noted = async (): Promise<string[] | null> =>
    (await hub.owner.query('select metadata_keys from roster_state')).rows[0].metadata_keys
  const header = async (file: string) => {
    const { path } = await runExport(hub, { profile: 'JP_K12_1_0' })
    return (await textsOf(path))[file]!.split('\r\n')[0]
  }
  async function write(create: typeof createUsersSubgraph, type: string, id: string, input: object): Promise<void> {
    const subgraph = create(roster)
    const { errors } = await graphql({
      schema: subgraph.schema,
      source: `mutation ($id: ID!, $input: Update${type}Input!) { update${type}(sourcedId: $id, input: $input) { sourcedId } }`,
      variableValues: { id, input },
      contextValue: subgraph.contextFor(identityOf(hub.tenantId)),
    })
    await subgraph.close()
    if (errors) throw errors[0]!
  }
  async function writeUser(input: object): Promise<void> {
    const { rows } = await hub.owner.query(`select min(user_sourced_id) as id from roles where role = 'student'`)
    await write(createUsersSubgraph, 'User', rows[0].id, input)
  }

  it('are those of the files that were imported', async () => {
    const sent = join(hub.config.storageDir, 'sample.zip')
    await generateSample({ students: 5, schools: 1, profile: 'jp-k12-1.0', out: sent })
    expect(await hub.run(await readFile(sent))).toMatchObject({ state: 'COMPLETED' })
    expect(await noted()).toEqual(expect.arrayContaining(['user.jp.kanaGivenName', 'enrollment.jp.shussekiNo']))
    expect(await header('users.csv')).not.toContain('own')
  })

  it('are also those of single writes, of roles given with a user too', async () => {
    await writeUser({ metadata: { 'jp.kanaGivenName': 'タロウ', 'own.locker': '12' } })
    expect(await noted()).toContain('user.own.locker')
    expect(await header('users.csv')).toContain('"metadata.own.locker"')

    const { rows } = await hub.owner.query(`select min(sourced_id) as school from orgs where type = 'school'`)
    const role = { roleType: 'primary', role: 'student', orgSourcedId: rows[0].school, metadata: { 'own.bus': 'B' } }
    await writeUser({ roles: [role] })
    expect(await noted()).toContain('role.own.bus')
    expect(await header('roles.csv')).toContain('"metadata.own.bus"')
  })

  it('are held in the spelling of the newest generation, whichever a single write uses: a package has each column once', async () => {
    const { rows } = await hub.owner.query('select min(sourced_id) as id from enrollments')
    const { id } = rows[0]
    const metadata = async () =>
      (await hub.owner.query('select metadata from enrollments where sourced_id = $1', [id])).rows[0].metadata
    await write(createEnrollmentsSubgraph, 'Enrollment', id, {
      metadata: { 'jp.ShussekiNo': '7', 'jp.PublicFlg': 'true' },
    })
    expect(await metadata()).toEqual({ 'jp.shussekiNo': '7', 'jp.publicFlg': 'true' })
    await write(createEnrollmentsSubgraph, 'Enrollment', id, {
      metadata: { 'jp.shussekiNo': '8', 'jp.ShussekiNo': '7' },
    })
    expect(await metadata()).toEqual({ 'jp.shussekiNo': '8' })
    // Of a roster from before that.
    await hub.owner.query(
      `update enrollments set metadata = '{"jp.ShussekiNo": "7", "jp.shussekiNo": "8"}' where sourced_id = $1`,
      [id],
    )
    await hub.owner.query('update roster_state set metadata_keys = null')
    for (const profile of ['JP_K12_1_0', 'JP_1_2_1', 'BASE_1_2_1']) {
      const { bytes, job } = await runExport(hub, { profile })
      expect(job.issues.map(({ code, file }) => [code, file])).toContainEqual([
        'export.columnLeftOut',
        'enrollments.csv',
      ])
      const { issues } = await hub.run(bytes, { dryRun: true })
      expect(issues.items.filter(({ file, severity }) => file === 'enrollments.csv' && severity === 'error')).toEqual(
        [],
      )
    }
  })

  it('are looked for when they are too many to keep, and of rosters from before they were kept', async () => {
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`own.${index}`, 'x']))
    await writeUser({ metadata: many })
    expect(await noted()).toBeNull()
    await writeUser({ metadata: { 'own.last': 'x' } })
    expect(await noted()).toBeNull()
    expect(await header('users.csv')).toContain('"metadata.own.last"')
  })
})
