import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Pool } from 'pg'
import { removeErased } from '../../subgraphs/imports/privacy/removeErased'
import { directoryStorage } from '../../subgraphs/imports/storage'
import { packageOf } from '../imports/support'
import { smallRoster } from '../imports/smallRoster'
import { base } from '../rest/rest'
import { openPool } from '../support/database'
import { ask, dataOf } from '../support/ask'
import { startHub, type Hub } from '../support/hub'
import { importPackage } from '../support/importPackage'
import { readZip } from '../support/readPackage'
import { until } from '../support/until'

/** The rights of a person in the roster: to see all of it, to have it put right, to have it gone and to stay gone. */
describe('a person in the roster', () => {
  let hub: Hub
  let owner: Pool
  let folder: string
  let high: string
  const admin = () => ({ 'x-api-key': hub.clients.admin.apiKey })
  const asAdmin = (query: string, variables = {}) => dataOf(hub, query, variables, admin())

  beforeAll(async () => {
    hub = await startHub('one machine', { worker: true })
    owner = openPool(hub.database.ownerUrl, 2)
    folder = await mkdtemp(path.join(tmpdir(), 'rosterhub-privacy-'))
    const job = await importRoster()
    expect([job.state, job.issues.items]).toEqual(['COMPLETED', []])
  })
  afterAll(async () => {
    await owner?.end()
    await hub?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** s1 is the person; s2 has s1 as an agent. Whatever tells of s1 holds the word Himitsu. */
  function roster() {
    const files = smallRoster()
    const [, s1, s2] = files['users.csv']!
    Object.assign(s1!, {
      givenName: 'Himitsu',
      email: 'himitsu@example.jp',
      password: 'Himitsu-word',
      phone: '03-Himitsu',
    })
    Object.assign(s1!, { username: 'Himitsu-login', userIds: '{LDAP:Himitsu-id}', 'metadata.hobby': 'Himitsu' })
    Object.assign(s2!, { agentSourcedIds: 's1,t1' })
    files['demographics.csv']![0]!['cityOfBirth'] = 'Himitsu-shi'
    files['enrollments.csv']![1]!['beginDate'] = '2026-04-02'
    files['userProfiles.csv'] = [
      {
        ...{ sourcedId: 'profile-s1', userSourcedId: 's1', profileType: 'LMS', vendorId: 'v', credentialType: 'basic' },
        ...{ username: 'Himitsu-profile', password: 'Himitsu-too' },
      },
    ]
    return files
  }
  async function importRoster(change: (files: ReturnType<typeof roster>) => void = () => undefined) {
    const files = roster()
    change(files)
    const extensions = { 'users.csv': ['metadata.hobby'] }
    return importPackage(hub, await packageOf(files, { extensions }))
  }
  const erase = 'mutation ($id: ID!) { erasePerson(userSourcedId: $id, reason: REQUEST) { id erasedAt filesPending } }'
  const codeOf = async (query: string, variables = {}, headers: Record<string, string> = admin()) =>
    (await ask(hub, query, variables, headers)).errors?.[0]?.extensions.code
  const rest = async (where: string) => {
    const headers = { 'x-api-key': hub.clients.vendor.apiKey }
    const answer = await fetch(hub.restUrl + base + where, { headers })
    return { status: answer.status, json: (await answer.json()) as Record<string, any> }
  }
  /** All rows of all tables as one text, but for those that tell how the database is made. */
  async function everything(): Promise<string> {
    // The staging tables of a job go right after the commit that ends it.
    const staged = () => owner.query(`select from pg_tables where schemaname = 'staging'`)
    await until('staging is cleared', async () => (await staged()).rowCount === 0)
    const tables = await owner.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('public', 'staging')`,
    )
    const parts = tables.rows.map(({ name }) => `select t::text as line from ${name} t`)
    const { rows } = await owner.query<{ line: string }>(parts.join(' union all '))
    return rows.map(({ line }) => line).join('\n')
  }

  it('is put right by a mutation, which consumers see as a change', async () => {
    const update = `mutation ($input: UserUpdate!) { updateUser(sourcedId: "s1", input: $input) { middleName } }`
    const type = await inputTypeOf('updateUser')
    const query = update.replace('UserUpdate', type)
    expect(await asAdmin(query, { input: { middleName: 'Himitsu-middle' } })).toEqual({
      updateUser: { middleName: 'Himitsu-middle' },
    })
    expect((await rest('/users/s1')).json['user'].middleName).toBe('Himitsu-middle')
  })

  it('is reported whole: a ZIP of JSON with every record, reference and event, and nothing of others', async () => {
    const { personReport } = await asAdmin('{ personReport(userSourcedId: "s1") { fileName bytes sha256 content } }')
    const zip = Buffer.from(personReport.content, 'base64')
    expect(zip.length).toBe(personReport.bytes)
    const files = await unzip(zip, folder)
    expect(Object.keys(files).sort()).toEqual(
      [
        ...['about', 'agents', 'auditEvents', 'demographics', 'enrollments', 'exports', 'importsUnderWay'],
        ...['roles', 'uploads', 'user', 'userProfiles'],
      ].map((name) => `${name}.json`),
    )
    expect(files['user.json']).toMatchObject([
      { sourced_id: 's1', given_name: 'Himitsu', phone: '03-Himitsu', source: 'default', holdsPassword: true },
    ])
    expect(files['userProfiles.json']).toMatchObject([{ username: 'Himitsu-profile', holdsPassword: true }])
    expect(files['roles.json']).toMatchObject([{ role: 'student', org_name: 'Mirai School' }])
    expect(files['demographics.json']).toMatchObject([{ city_of_birth: 'Himitsu-shi', birth_date: '2019-04-02' }])
    expect(files['enrollments.json']).toMatchObject([{ class_title: 'Japanese 1', begin_date: '2026-04-02' }])
    expect(files['agents.json']).toEqual([{ agents: [], agentOf: ['s2'] }])
    expect(files['uploads.json']).toMatchObject([{ fileName: 'roster.zip', state: 'COMPLETED' }])
    expect(files['auditEvents.json']).toContainEqual(expect.objectContaining({ operation: 'updateUser' }))
    const whole = JSON.stringify(files)
    for (const secret of ['Himitsu-word', 'Himitsu-too', 'Given s2', 'Given t1']) expect(whole).not.toContain(secret)
    expect(await codeOf('{ personReport(userSourcedId: "nobody") { bytes } }')).toBe('UNKNOWN_OBJECT')
  })

  it('is erased everywhere: roster, other records, trail, stored files', async () => {
    high = (await rest('/users?sort=dateLastModified&orderBy=desc&limit=1')).json['users'][0].dateLastModified
    expect(await everything()).toContain('Himitsu')
    const first = (await asAdmin(erase, { id: 's1' })).erasePerson
    expect(first).toMatchObject({ filesPending: true })
    expect((await asAdmin(erase, { id: 's1' })).erasePerson).toEqual(first)
    const rows = await everything()
    expect(rows).not.toMatch(/Himitsu/i)
    const trail = await asAdmin('{ auditEvents(limit: 1000) { items { operation objectIds } } }')
    const events = trail.auditEvents.items as { operation: string; objectIds: string[] }[]
    expect(events.filter(({ objectIds }) => objectIds.includes('s1'))).toEqual([])
    for (const operation of ['updateUser', 'personReport', 'erasePerson']) {
      expect(events).toContainEqual({ operation, objectIds: [`erased:${first.id}`] })
    }
    const storage = directoryStorage(hub.config.storageDir)
    expect(await readdir(hub.config.storageDir, { recursive: true })).not.toEqual([])
    for (let times = 0; times < 2; times++) await removeErased(owner, storage)
    expect(await storage.list('')).toEqual([])
    const { erasures } = await asAdmin('{ erasures { total items { id filesPending reason } } }')
    expect(erasures).toEqual({ total: 1, items: [{ id: first.id, filesPending: false, reason: 'REQUEST' }] })
  })

  it('is gone for consumers: those who ask for changes get empty records that are tobedeleted', async () => {
    const since = encodeURIComponent(`dateLastModified>'${high}'`)
    const { users } = (await rest(`/users?filter=${since}`)).json as { users: any[] }
    const stub = users.find(({ sourcedId }) => sourcedId === 's1')
    expect(Object.keys(stub).sort()).toEqual(
      [
        ...['dateLastModified', 'enabledUser', 'familyName', 'givenName', 'identifier', 'roles', 'sourcedId', 'status'],
        'username',
      ].filter((name) => name in stub || name !== 'identifier'),
    )
    expect(stub).toMatchObject({ status: 'tobedeleted', givenName: 'erased', familyName: 'erased', username: 'erased' })
    const other = users.find(({ sourcedId }) => sourcedId === 's2')
    expect(other.agents.map(({ sourcedId }: { sourcedId: string }) => sourcedId)).toEqual(['t1'])
    const students = (await rest(`/students?filter=${since}`)).json['users'] as any[]
    expect(students.map(({ sourcedId }) => sourcedId).sort()).toEqual(['s1', 's2'])
    const { enrollments } = (await rest(`/enrollments?filter=${since}`)).json
    expect(enrollments).toEqual([
      expect.objectContaining({ sourcedId: 'enrollment-s1', status: 'tobedeleted', role: 'student' }),
    ])
    expect(enrollments[0]).not.toHaveProperty('beginDate')
    // The class tells of the end too.
    const members = (await rest('/classes/class/students')).json['users'] as { status: string; givenName: string }[]
    expect(members.filter(({ status }) => status === 'active')).toHaveLength(1)
    expect(members.filter(({ status }) => status !== 'active')).toMatchObject([{ givenName: 'erased' }])
  })

  it('does not come back by the next file, which tells what it left out', async () => {
    // Another file, since the very same one would not even be read.
    const job = await importRoster((files) => (files['orgs.csv']![1]!['name'] = 'Mirai School 2'))
    expect(job.state).toBe('COMPLETED')
    const told = job.issues.items.map((issue: any) => `${issue.code} ${issue.file} ${issue.line} ${issue.column}`)
    expect(told.sort()).toEqual([
      'row.erased demographics.csv 2 sourcedId',
      'row.erased enrollments.csv 3 userSourcedId',
      'row.erased roles.csv 3 userSourcedId',
      'row.erased userProfiles.csv 2 userSourcedId',
      'row.erased users.csv 3 sourcedId',
      'row.erased users.csv 4 agentSourcedIds',
    ])
    expect(job.files.find(({ entity }: any) => entity === 'user')).toMatchObject({ read: 3, rejected: 1, created: 0 })
    expect(await everything()).not.toMatch(/Himitsu/i)
    expect((await rest('/users/s1')).json['user'].status).toBe('tobedeleted')
  })

  it('does not come back by a delta or by a write either', async () => {
    const now = '2026-05-01T00:00:00.000Z'
    const row = { ...roster()['enrollments.csv']![1]!, status: 'active', dateLastModified: now, sourcedId: 'again' }
    const bytes = await packageOf({ 'enrollments.csv': [row] }, { modes: { 'enrollments.csv': 'delta' } })
    const job = await importPackage(hub, bytes)
    expect([job.state, job.issues.items.map(({ code }: any) => code)]).toEqual(['COMPLETED', ['row.erased']])
    const roles = [{ roleType: 'primary', role: 'student', orgSourcedId: 'school' }]
    const user = { enabledUser: true, username: 'x', givenName: 'Himitsu', familyName: 'x', sourcedId: 's1', roles }
    const writes: [string, object, object?][] = [
      ['createUser', user],
      ['replaceUser', user],
      ['updateUser', { givenName: 'Himitsu' }, { sourcedId: 's1' }],
      ['updateUser', { agentSourcedIds: ['s1'] }, { sourcedId: 's2' }],
      [
        'createEnrollment',
        { sourcedId: 'e', classSourcedId: 'class', schoolSourcedId: 'school', userSourcedId: 's1', role: 'student' },
      ],
    ]
    for (const [mutation, input, key = {}] of writes) {
      const type = await inputTypeOf(mutation)
      const [declared, given] = 'sourcedId' in key ? ['$sourcedId: ID!, ', 'sourcedId: $sourcedId, '] : ['', '']
      const selection = mutation === 'replaceUser' ? '{ created }' : '{ sourcedId }'
      const query = `mutation (${declared}$input: ${type}!) { ${mutation}(${given}input: $input) ${selection} }`
      expect([mutation, await codeOf(query, { ...key, input })]).toEqual([mutation, 'CONFLICT'])
    }
    expect(await everything()).not.toMatch(/Himitsu/i)
  })

  it('is asked about and erased by holders of the scope only, and in their own tenant only', async () => {
    const vendor = { 'x-api-key': hub.clients.vendor.apiKey }
    const asks = [
      '{ personReport(userSourcedId: "s2") { bytes } }',
      '{ erasures { total } }',
      'mutation { erasePerson(userSourcedId: "s2", reason: OTHER) { id } }',
      'mutation { liftErasure(userSourcedId: "s1") }',
    ]
    for (const query of asks) expect([query, await codeOf(query, {}, vendor)]).toEqual([query, 'FORBIDDEN'])
    const odd = ['', '\0', "'; drop table users; --", 'x'.repeat(300), '😀', 'S1']
    for (const id of odd) expect([id, await codeOf(erase, { id })]).toEqual([id, 'UNKNOWN_OBJECT'])
    expect(await codeOf('mutation { liftErasure(userSourcedId: "s2") }')).toBe('UNKNOWN_OBJECT')
    const app = openPool(hub.database.appUrl, 1)
    // Nobody who was not erased can be taken out of the trail.
    await app.query(`select set_config('rosterhub.tenant', '1', false)`)
    await expect(app.query(`select pseudonymise_audit('s2')`)).rejects.toThrow('nobody')
    await app.query(`select set_config('rosterhub.tenant', '2', false)`)
    await expect(app.query(`select pseudonymise_audit('s1')`)).rejects.toThrow('nobody')
    await app.end()
  })

  it('comes back when that is lifted, even by the very file that was read before', async () => {
    expect(await asAdmin('mutation { liftErasure(userSourcedId: "s1") }')).toEqual({ liftErasure: true })
    const job = await importRoster((files) => (files['orgs.csv']![1]!['name'] = 'Mirai School 2'))
    expect([job.state, job.issues.total]).toEqual(['COMPLETED', 0])
    expect((await rest('/users/s1')).json['user']).toMatchObject({ status: 'active', givenName: 'Himitsu' })
    expect((await rest('/enrollments/enrollment-s1')).json['enrollment'].status).toBe('active')
  })

  it('leaves nothing, not even its key, once consumers had time to learn of it', async () => {
    await asAdmin(erase, { id: 's1' })
    await owner.query(`update erased_people set erased_at = erased_at - interval '91 days'`)
    await removeErased(owner, directoryStorage(hub.config.storageDir))
    expect((await rest('/users/s1')).status).toBe(404)
    for (const [table, column] of [
      ['users', 'sourced_id'],
      ['roles', 'user_sourced_id'],
      ['enrollments', 'user_sourced_id'],
      ['demographics', 'sourced_id'],
    ]) {
      expect((await owner.query(`select from ${table} where ${column} = 's1'`)).rowCount).toBe(0)
    }
    const job = await importRoster((files) => (files['orgs.csv']![1]!['name'] = 'Mirai School 3'))
    expect(job.issues.items.filter(({ code }: any) => code === 'row.erased')).toHaveLength(6)
    expect((await rest('/users/s1')).status).toBe(404)
  })

  async function inputTypeOf(mutation: string): Promise<string> {
    const { __schema } = await asAdmin(
      '{ __schema { mutationType { fields { name args { name type { name ofType { name } } } } } } }',
    )
    const field = __schema.mutationType.fields.find(({ name }: { name: string }) => name === mutation)
    const { type } = field.args.find(({ name }: { name: string }) => name === 'input')
    return type.name ?? type.ofType.name
  }
})

async function unzip(zip: Buffer, folder: string): Promise<Record<string, unknown>> {
  const file = path.join(folder, 'report.zip')
  await writeFile(file, zip)
  return Object.fromEntries((await readZip(file)).map(({ name, bytes }) => [name, JSON.parse(bytes.toString())]))
}
