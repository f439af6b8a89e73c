import { scopes } from '../../oneroster/scopes'
import { base, get, request, type Json } from './rest'
import { askDatabase } from '../support/database'
import { startHub, type Hub } from '../support/hub'

const row = (sourcedId: string, more: object) => ({
  sourcedId,
  status: 'active',
  dateLastModified: '2026-04-01T00:00:00.000Z',
  ...more,
})

let hub: Hub
beforeAll(async () => {
  const user = {
    userSourcedId: 'taro',
    ...{ vendorId: 'v', profileType: 'LMS', credentialType: 'basic', username: 'taro', password: 'of the profile' },
  }
  hub = await startHub('one machine', {
    roster: {
      org: [row('school', { name: '第一小学校', type: 'school' })],
      user: [
        row('taro', {
          ...{ enabledUser: true, username: 'taro', givenName: '太郎', familyName: '山田', password: 'of the user' },
        }),
      ],
      userProfile: [row('profile', { ...user, metadata: { a: 'of the profile' } })],
      role: [
        row('role', {
          ...{ userSourcedId: 'taro', roleType: 'primary', role: 'student', orgSourcedId: 'school' },
          ...{ userProfileSourcedId: 'profile', metadata: { b: 'of the role' } },
        }),
      ],
    },
  })
  const { clientId } = hub.clients.demographicsVendor
  const text = 'update api_clients set scopes = $1 where client_id = $2'
  await askDatabase(hub.database.ownerUrl, text, [Object.values(scopes), clientId])
})
afterAll(() => hub?.close())

async function write(method: string, user: Json): Promise<Json> {
  const headers = { Authorization: `Bearer ${hub.token(...Object.values(scopes))}` }
  const answer = await request(hub, `${base}/users/taro`, { method, headers, body: JSON.stringify({ user }) })
  expect(answer).toMatchObject({ status: 200 })
  return answer.json.user
}

const read = async (): Promise<Json> => (await get(hub, '/users/taro')).json.user

/** What no answer shows: passwords, and of roles and profiles the sourcedId of CSV and the metadata. */
async function hidden() {
  const ask = async (text: string) => await askDatabase(hub.database.ownerUrl, text)
  const [user] = await ask('select password from users')
  return {
    user,
    profiles: await ask('select sourced_id, password, metadata from user_profiles order by sourced_id'),
    roles: await ask('select sourced_id, metadata from roles order by sourced_id'),
  }
}

describe('what no answer shows is not lost by writing back what was read', () => {
  let before: Awaited<ReturnType<typeof hidden>>
  beforeAll(async () => {
    before = await hidden()
  })

  it('PUT of what GET answered changes nothing at all', async () => {
    const user = await read()
    expect(await write('PUT', user)).toEqual(user)
    expect(await hidden()).toEqual(before)
  })

  it('PUT and PATCH of something else leave it as it is', async () => {
    await write('PUT', { ...(await read()), middleName: 'J' })
    await write('PATCH', { roles: (await read()).roles, userProfiles: (await read()).userProfiles })
    const [profile] = (await read()).userProfiles
    const changed = await write('PATCH', { userProfiles: [{ ...profile, description: 'new' }] })
    expect(changed.userProfiles).toEqual([{ ...profile, description: 'new' }])
    expect(await hidden()).toEqual(before)
  })

  it('PUT of what GET answered of a user who is tobedeleted brings all of it back', async () => {
    const headers = { Authorization: `Bearer ${hub.token(...Object.values(scopes))}` }
    expect(await request(hub, `${base}/users/taro`, { method: 'DELETE', headers })).toMatchObject({ status: 204 })
    const ended = await read()
    // As an import ends them, roles and profiles end with their user.
    for (const table of ['roles', 'user_profiles']) {
      const text = `update ${table} set status = 'tobedeleted', date_last_modified = $1`
      await askDatabase(hub.database.ownerUrl, text, [ended.dateLastModified])
    }
    const back = await write('PUT', ended)
    expect(back).toEqual({ ...ended, status: 'active', dateLastModified: back.dateLastModified })
    expect(await hidden()).toEqual(before)
  })

  it('a password that is named is written, an empty one empties, and that of a credential goes with it', async () => {
    const [profile] = (await read()).userProfiles
    const profileWith = (credential: Json) => [
      { ...profile, credentials: [{ ...profile.credentials[0], ...credential }] },
    ]
    await write('PUT', { ...(await read()), password: 'x', userProfiles: profileWith({ password: 'y' }) })
    expect(await hidden()).toMatchObject({ user: { password: 'x' }, profiles: [{ password: 'y' }] })
    await write('PUT', { ...(await read()), password: '', userProfiles: profileWith({ username: 'other' }) })
    const [{ metadata }] = before.profiles as [Json]
    expect(await hidden()).toMatchObject({ user: { password: null }, profiles: [{ password: null, metadata }] })
    await write('PATCH', { userProfiles: profileWith({ password: 'z' }) })
    await write('PATCH', { userProfiles: profileWith({ password: '' }) })
    expect(await hidden()).toMatchObject({ profiles: [{ password: null }] })
  })
})
