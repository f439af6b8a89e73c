import { graphql } from 'graphql'
import { enrollmentsEntities } from '../../subgraphs/enrollments/server'
import { orgsEntities } from '../../subgraphs/orgs/server'
import { nextStamp } from '../../subgraphs/roster/nextStamp'
import { openRosterDatabase } from '../../subgraphs/roster/serve'
import { createUsersSubgraph, usersEntities } from '../../subgraphs/users/server'
import { changed, smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { createTenant, identityOf } from '../support/roster'
import { askAs, exportEnded, rowsOf, runExport } from './support'

/** Who takes a package, and afterwards the changes since each package's snapshotAt, has what the hub has. */
describe('packages of changes, one after the other', () => {
  let hub: ImportHub
  let roster: Awaited<ReturnType<typeof openRosterDatabase>>
  let users: ReturnType<typeof createUsersSubgraph>
  beforeAll(async () => {
    hub = await createImportHub({}, { worker: true })
    roster = await openRosterDatabase(hub.config, [...orgsEntities, ...usersEntities, ...enrollmentsEntities])
    users = createUsersSubgraph(roster)
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
  })
  afterAll(async () => {
    await users?.close()
    await roster?.close()
    await hub?.close()
  })

  const snapshotAt = async () => (await runExport(hub, { profile: 'BASE_1_2' })).job.snapshotAt!
  const changesSince = async (since: string, file: string) => {
    const { path } = await runExport(hub, { profile: 'BASE_1_2', mode: 'delta', since })
    return (await rowsOf(path, file)).map(({ sourcedId, status }) => `${sourcedId} ${status}`).sort()
  }
  async function replaceUser(sourcedId: string, roles: object[]): Promise<string> {
    const { data, errors } = await graphql({
      schema: users.schema,
      source: 'mutation ($input: CreateUserInput!) { replaceUser(input: $input) { record { dateLastModified } } }',
      variableValues: {
        input: {
          ...{ sourcedId, username: `${sourcedId}@example.jp`, givenName: 'Given', familyName: 'Name' },
          ...{ enabledUser: true, roles },
        },
      },
      contextValue: users.contextFor(identityOf(hub.tenantId)),
    })
    if (errors) throw errors[0]!
    return (data as any).replaceUser.record.dateLastModified
  }
  const student = { roleType: 'primary', role: 'student', orgSourcedId: 'school' }
  const aide = { sourcedId: 'role-aide', roleType: 'secondary', role: 'aide', orgSourcedId: 'school' }

  it('tell of a role that a single write took away', async () => {
    await replaceUser('s1', [{ ...student, sourcedId: 'role-s1' }, aide])
    const since = await snapshotAt()
    await replaceUser('s1', [{ ...student, sourcedId: 'role-s1' }])
    expect(await changesSince(since, 'roles.csv')).toEqual(['role-aide tobedeleted'])
    // And it may come back.
    await replaceUser('s1', [{ ...student, sourcedId: 'role-s1' }, aide])
    expect(await changesSince(since, 'roles.csv')).toEqual(['role-aide active'])
  })

  it('tell of a role that an import took away, though its user was written since', async () => {
    const [, , role] = smallRoster()['roles.csv']!
    const since = await snapshotAt()
    const secondary = { ...role!, sourcedId: 'role-new', roleType: 'secondary' }
    const rows = [changed(role!, 'tobedeleted'), changed(secondary)]
    const removal = await packageOf({ 'roles.csv': rows }, { modes: { 'roles.csv': 'delta' } })
    expect(await hub.run(removal)).toMatchObject({ state: 'COMPLETED' })
    const given = [{ ...student, roleType: 'secondary', sourcedId: 'role-new' }]
    const stamp = await replaceUser('s2', given)
    expect(await changesSince(since, 'roles.csv')).toEqual(['role-new active', 'role-s2 tobedeleted'])
    // What ended before is nothing that the write would change.
    expect(await replaceUser('s2', given)).toBe(stamp)
  })

  it('are taken by a reader when a person was erased', async () => {
    const reader = await createImportHub({}, { worker: true })
    try {
      const first = await runExport(hub, { profile: 'BASE_1_2' })
      expect(await reader.run(first.bytes)).toMatchObject({ state: 'COMPLETED' })
      await askAs(hub, 'mutation { erasePerson(userSourcedId: "t1", reason: REQUEST) { id } }')
      const changes = await runExport(hub, { profile: 'BASE_1_2', mode: 'delta', since: first.job.snapshotAt })
      expect(await reader.run(changes.bytes)).toMatchObject({ state: 'COMPLETED' })
      const { rows } = await reader.owner.query(`select status from users where sourced_id = 't1'`)
      expect(rows).toEqual([{ status: 'tobedeleted' }])
    } finally {
      await reader.close()
    }
  })

  it('tell of a first import that was under way when the package before was taken', async () => {
    const tenantId = await createTenant(hub.database.ownerUrl, 'new-board')
    const identity = identityOf(tenantId)
    const exportOf = async (options: object) => {
      const query = 'mutation ($options: ExportOptions!) { exportRoster(options: $options) { id } }'
      const { id } = (await askAs(hub, query, { options: { profile: 'BASE_1_2', ...options } }, identity)).exportRoster
      return endedOf(id)
    }
    const endedOf = (id: string) => exportEnded({ ...hub, tenantId }, id)
    const writer = await hub.owner.connect()
    try {
      await writer.query('begin')
      const stamp = await nextStamp(writer, tenantId)
      const { snapshotAt: since, files } = await exportOf({})
      expect(files).toEqual([])
      await writer.query(
        `insert into orgs (tenant_id, sourced_id, status, date_last_modified, name, type, document)
         values ($1, 'first', 'active', $2, 'First', 'school', '{}')`,
        [tenantId, stamp],
      )
      await writer.query('commit')
      const { files: changes } = await exportOf({ mode: 'delta', since })
      expect(changes).toEqual([{ entity: 'org', file: 'orgs.csv', mode: 'delta', rows: 1 }])
    } finally {
      writer.release()
    }
  })
})
