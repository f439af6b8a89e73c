import { scopes } from '../../oneroster/scopes'
import { filter, request } from '../rest/rest'
import { administrator, signed, type Signing } from './clients11'
import { district11 } from './district11'
import { base11, statusOf } from './rest11'
import { askDatabase } from '../support/database'
import { startHub, topologies, type Hub } from '../support/hub'

const v1p1 = (scope: string) => `https://purl.imsglobal.org/spec/or/v1p1/scope/${scope}`

describe.each(topologies)('chapter 8: security; %s', (topology) => {
  let hub: Hub
  let admin: Awaited<ReturnType<typeof administrator>>
  let url: string
  beforeAll(async () => {
    hub = await startHub(topology, { roster: district11 })
    admin = await administrator(hub)
    url = `${hub.restUrl}${base11}/users?limit=3&${filter("status='active'")}`
  })
  afterAll(async () => {
    await admin?.close()
    await hub?.close()
  })

  const get = (address: string, authorization?: string) =>
    request(hub, address, { headers: authorization ? { authorization } : {} })
  const signer = (input: object = {}) => admin.create({ allowOauth1: true, ...input })

  describe('8.1 OAuth 2', () => {
    async function token(client: { clientId: string; clientSecret: string }, scope?: string) {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) })
      const basic = Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')
      return request(hub, '/oauth2/token', { method: 'POST', body, headers: { authorization: `Basic ${basic}` } })
    }

    test.each([['roster.readonly'], ['roster-core.readonly'], ['roster-demographics.readonly']])(
      'the scope %s of 1.1 is granted to who holds that of 1.2, under the name asked for',
      async (name) => {
        const { json } = await token(hub.clients.demographicsVendor, v1p1(name))
        expect(json).toMatchObject({ token_type: 'Bearer', scope: v1p1(name), expires_in: expect.any(Number) })
        const path = name.includes('demographics') ? '/demographics' : '/orgs'
        expect((await get(`${hub.restUrl}${base11}${path}`, `bearer ${json.access_token}`)).status).toBe(200)
      },
    )

    test('and to nobody else', async () => {
      const answer = await token(hub.clients.vendor, v1p1('roster-demographics.readonly'))
      expect([answer.status, answer.json.error]).toEqual([400, 'invalid_scope'])
      const both = await token(hub.clients.vendor, `${v1p1('roster.readonly')} ${v1p1('gradebook.readonly')}`)
      expect(both.json.scope).toBe(v1p1('roster.readonly'))
    })

    test.each([v1p1('roster-core.readonly'), scopes.rosterCore])(
      'who may have the whole roster may ask for its core alone: %s, which opens no more than the core',
      async (core) => {
        const client = await admin.create({ scopes: [scopes.roster] })
        const { json } = await token(client, core)
        expect(json.scope).toBe(core)
        for (const [path, status] of [
          ['/orgs', 200],
          ['/schools/school-0/classes', 403],
          ['/demographics', 403],
        ]) {
          const answer = await get(`${hub.restUrl}${base11}${path}`, `Bearer ${json.access_token}`)
          expect([path, answer.status]).toEqual([path, status])
        }
        // Not the other way round, and without asking it gets what an administrator wrote.
        expect((await token(client)).json.scope).toBe(scopes.roster)
        const small = await admin.create({ scopes: [scopes.rosterCore] })
        expect((await token(small, v1p1('roster.readonly'))).json.error).toBe('invalid_scope')
      },
    )

    test('without a scope everything is granted, and one token opens both versions', async () => {
      const { json } = await token(hub.clients.vendor)
      const authorization = `Bearer ${json.access_token}`
      expect((await get(url, authorization)).status).toBe(200)
      expect((await get(`${hub.restUrl}/ims/oneroster/rostering/v1p2/users`, authorization)).status).toBe(200)
    })

    test('what a scope does not open is forbidden', async () => {
      const core = (await token(hub.clients.vendor, v1p1('roster-core.readonly'))).json.access_token
      for (const path of [
        '/schools/school-0/classes',
        '/schools/nowhere/classes',
        '/classes/nowhere/students',
        '/demographics',
        '/demographics/user-0030',
      ]) {
        const answer = await get(hub.restUrl + base11 + path, `Bearer ${core}`)
        expect([answer.status, statusOf(answer)['imsx_codeMinor']]).toEqual([403, 'forbidden'])
      }
    })

    test.each([undefined, 'Bearer wrong', 'Basic eDp5'])('%s: 401, before anything is told', async (authorization) => {
      for (const address of [url, `${hub.restUrl}${base11}/nothing`, `${url}&limit=x`]) {
        const answer = await get(address, authorization)
        expect([answer.status, statusOf(answer)['imsx_codeMinor']]).toEqual([401, 'unauthorized'])
      }
    })
  })

  describe('8.2 OAuth 1.0a', () => {
    test.each<[string, Signing]>([
      ['HMAC-SHA256, as ClassLink signs', {}],
      ['HMAC-SHA256 with oauth_version, as Moodle signs', { more: { oauth_version: '1.0' } }],
      ['HMAC-SHA1', { digest: 'sha1' }],
      ['JavaScript', { encode: (text) => encodeURIComponent(text).replaceAll("'", '%27') }],
      ['Python', { encode: (text) => encodeURIComponent(text).replaceAll("'", '%27').replaceAll('%2F', '/') }],
    ])('%s', async (_way, signing) => {
      const { clientId, oauth1Secret } = await signer()
      const answer = await get(url, signed(url, clientId, oauth1Secret!, signing))
      expect([answer.status, answer.json.users?.length]).toEqual([200, 3])
      const slashes = `${hub.restUrl}${base11}/users?filter=${encodeURIComponent("username~'a/b'")}`
      expect((await get(slashes, signed(slashes, clientId, oauth1Secret!, signing))).json).toEqual({ users: [] })
    })

    test('what was signed is what is answered, once', async () => {
      const { clientId, oauth1Secret } = await signer()
      const authorization = signed(url, clientId, oauth1Secret!)
      expect((await get(url.replace('limit=3', 'limit=4'), authorization)).status).toBe(401)
      expect((await get(url.replace('/users', '/orgs'), authorization)).status).toBe(401)
      expect((await get(`${hub.restUrl}/ims/oneroster/rostering/v1p2/users`, authorization)).status).toBe(401)
      expect((await get(url, authorization)).status).toBe(200)
      const again = await get(url, authorization)
      expect([again.status, statusOf(again)['imsx_codeMinor']]).toEqual([401, 'unauthorized'])
    })

    test('a clock may be off by five minutes', async () => {
      const { clientId, oauth1Secret } = await signer()
      const now = Math.floor(Date.now() / 1000)
      const statuses = []
      for (const off of [-280, 280, -320, 320]) {
        statuses.push((await get(url, signed(url, clientId, oauth1Secret!, { timestamp: now + off }))).status)
      }
      expect(statuses).toEqual([200, 200, 401, 401])
    })

    test('a wrong request says what is wrong with it only to who signed it', async () => {
      const { clientId, oauth1Secret } = await signer()
      const wrong = `${hub.restUrl}${base11}/users?limit=0`
      expect((await get(wrong, signed(wrong, clientId, oauth1Secret!))).status).toBe(400)
      expect((await get(wrong, signed(wrong, clientId, 'another'))).status).toBe(401)
    })

    test('only for clients that an administrator allows it for, and with what was allowed', async () => {
      const without = await admin.create({})
      expect(without.oauth1Secret).toBeNull()
      expect((await get(url, signed(url, without.clientId, without.clientSecret))).status).toBe(401)
      expect((await get(url, signed(url, 'rhc_nobody', ''))).status).toBe(401)
      const strict = await signer({ oauth1Methods: ['HMAC_SHA256'] })
      expect((await get(url, signed(url, strict.clientId, strict.clientSecret))).status).toBe(401)
      expect((await get(url, signed(url, strict.clientId, strict.oauth1Secret!, { digest: 'sha1' }))).status).toBe(401)
      expect((await get(url, signed(url, strict.clientId, strict.oauth1Secret!))).status).toBe(200)
    })

    test('a secret ends with its client, its rotation and its permission; a grace time is kept', async () => {
      const made = await signer()
      const open = async (secret: string | null) => (await get(url, signed(url, made.clientId, secret!))).status
      const rotated = await admin.rotate(made.clientId, { graceSeconds: 60 })
      expect([await open(made.oauth1Secret), await open(rotated.oauth1Secret)]).toEqual([200, 200])
      const again = await admin.rotate(made.clientId, {})
      expect([await open(rotated.oauth1Secret), await open(again.oauth1Secret)]).toEqual([401, 200])
      expect((await admin.rotate(made.clientId, { allowOauth1: false, graceSeconds: 60 })).oauth1Secret).toBeNull()
      expect(await open(again.oauth1Secret)).toBe(401)
      const back = await admin.rotate(made.clientId, { allowOauth1: true })
      expect(await open(back.oauth1Secret)).toBe(200)
      await admin.revoke(made.clientId)
      expect(await open(back.oauth1Secret)).toBe(401)
    })

    test('scopes and addresses of the client hold for signed requests too', async () => {
      const core = await signer({ scopes: [scopes.rosterCore] })
      const deep = `${hub.restUrl}${base11}/schools/school-0/classes`
      expect((await get(deep, signed(deep, core.clientId, core.oauth1Secret!))).status).toBe(403)
      const elsewhere = await signer({ allowedAddresses: ['192.0.2.0/24'] })
      expect((await get(url, signed(url, elsewhere.clientId, elsewhere.oauth1Secret!))).status).toBe(403)
    })

    test('the secret stands nowhere in clear', async () => {
      const { clientId, oauth1Secret } = await signer()
      const text = 'select * from api_clients where client_id = $1'
      const rows = await askDatabase(hub.database.ownerUrl, text, [clientId])
      expect(rows[0].oauth1_secret).toBeTruthy()
      expect(JSON.stringify(rows)).not.toContain(oauth1Secret)
    })
  })

  describe('what a client may have its own way', () => {
    test('booleans, unknown parents, identifiers', async () => {
      const { clientId, apiKey } = await admin.create({ withApiKey: true })
      const ask = (path: string) => request(hub, base11 + path, { headers: { 'x-api-key': apiKey! } })
      expect((await ask('/users/user-0031')).json.user).toMatchObject({ enabledUser: 'true', identifier: 'user-0031' })
      expect((await ask('/schools/none/classes')).json).toEqual({ classes: [] })
      await admin.configure(clientId, { jsonBooleans: true, unknownParentIsError: true })
      expect((await ask('/users/user-0031')).json.user).toMatchObject({ enabledUser: true, identifier: 'user-0031' })
      expect((await ask('/users/user-0009')).json.user).toMatchObject({ enabledUser: false })
      expect((await ask('/enrollments/enrollment-0-0')).json.enrollment).toMatchObject({ primary: true })
      expect((await ask('/schools/none/classes')).status).toBe(404)
      await admin.configure(clientId, { identifierFallback: false })
      const { user } = (await ask('/users/user-0031')).json
      expect(user).toMatchObject({ enabledUser: true, username: 'login31' })
      expect(user).not.toHaveProperty('identifier')
      expect((await ask('/orgs/district')).json.org.identifier).toBe('')
      await expect(admin.configure('rhc_nobody', {})).rejects.toMatchObject({ extensions: { code: 'UNKNOWN_OBJECT' } })
    })

    test('and from the beginning', async () => {
      const oneroster11 = { jsonBooleans: true }
      const { apiKey, client } = await admin.create({ withApiKey: true, oneroster11 })
      expect(client).toMatchObject({ jsonBooleans: true, unknownParentIsError: false, identifierFallback: true })
      const answer = await request(hub, `${base11}/users/user-0031`, { headers: { 'x-api-key': apiKey! } })
      expect(answer.json.user.enabledUser).toBe(true)
    })
  })
})
