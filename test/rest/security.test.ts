import { endpoints } from '../../oneroster/endpoints'
import { scopes } from '../../oneroster/scopes'
import { district, existingPath } from './district'
import { base, request, type Answer } from './rest'
import { official } from './schemas'
import { startHub, topologies, type Hub } from '../support/hub'

const core = scopes.rosterCore

describe.each(topologies)('chapter 9, security; %s', (topology) => {
  let hub: Hub
  beforeAll(async () => {
    hub = await startHub(topology, { roster: district })
  })
  afterAll(() => hub?.close())

  const granted: [string, string[]][] = [
    ['roster-core.readonly', [core]],
    ['roster.readonly', [scopes.roster]],
    ['roster-demographics.readonly', [scopes.demographics]],
    ['none of them', [scopes.imports]],
  ]
  test.each(granted)(
    '%s opens the operations that the official document lists for it, and no other',
    async (_name, held) => {
      const headers = { Authorization: `Bearer ${hub.token(...held)}` }
      for (const { path } of endpoints) {
        const opening: string[] = official.paths[path].get.security[0].OAuth2CC
        const answer = await request(hub, base + existingPath(path), { headers })
        const opens = held.some((scope) => opening.includes(scope))
        expect({ path, status: answer.status }).toEqual({ path, status: opens ? 200 : 403 })
        if (!opens) expect(answer.json.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue).toBe('forbidden')
      }
    },
  )

  test('without the scope even what does not exist is forbidden: an unknown parent tells nothing', async () => {
    const headers = { Authorization: `Bearer ${hub.token(core)}` }
    const relations = endpoints.filter(({ scopes: opening }) => !opening.includes(core))
    expect(relations).toHaveLength(19)
    for (const { path } of relations) {
      const answer = await request(hub, base + path.replaceAll(/\{\w+\}/g, 'nowhere'), { headers })
      expect({ path, status: answer.status }).toEqual({ path, status: 403 })
    }
  })

  test('an API key opens what its client may read', async () => {
    const headers = { 'X-API-Key': hub.clients.vendor.apiKey }
    expect(await request(hub, `${base}/users`, { headers })).toMatchObject({ status: 200 })
    expect(await request(hub, `${base}/demographics`, { headers })).toMatchObject({ status: 403 })
    const wrong = { 'X-API-Key': `${hub.clients.vendor.apiKey.slice(0, -1)}!` }
    expect(await request(hub, `${base}/users`, { headers: wrong })).toMatchObject({ status: 401 })
  })

  test('bearer may be written in any case', async () => {
    const headers = { Authorization: `bearer ${hub.token()}` }
    expect(await request(hub, `${base}/users`, { headers })).toMatchObject({ status: 200 })
  })

  describe('token endpoint', () => {
    const form = 'application/x-www-form-urlencoded'
    const ask = (body: string, headers: Record<string, string> = {}): Promise<Answer> =>
      request(hub, '/oauth2/token', { method: 'POST', body, headers: { 'Content-Type': form, ...headers } })
    const basic = (id: string, secret: string) => ({
      Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    })
    const grant = 'grant_type=client_credentials'

    async function expectToken(answer: Answer, scope: string): Promise<void> {
      expect(answer).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 3600, scope } })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      const headers = { Authorization: `Bearer ${answer.json.access_token}` }
      expect(await request(hub, `${base}/orgs`, { headers })).toMatchObject({ status: 200 })
    }

    test('HTTP Basic, form fields and a JSON body all give a token; scope is optional', async () => {
      const { clientId, clientSecret } = hub.clients.vendor
      const all = `${core} ${scopes.roster}`
      const inBody = { client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials' }
      await expectToken(await ask(grant, basic(clientId, clientSecret)), all)
      await expectToken(
        await ask(
          `${grant}&client_id=${clientId}`,
          basic(encodeURIComponent(clientId), encodeURIComponent(clientSecret)),
        ),
        all,
      )
      await expectToken(await ask(new URLSearchParams(inBody).toString()), all)
      await expectToken(await ask(JSON.stringify(inBody), { 'Content-Type': 'application/json' }), all)
      await expectToken(await ask(`${grant}&scope=${encodeURIComponent(core)}`, basic(clientId, clientSecret)), core)
      await expectToken(await ask(`${grant}&client_id=&client_secret=&scope=`, basic(clientId, clientSecret)), all)
      const old = encodeURIComponent(core.replace('https', 'http'))
      await expectToken(await ask(`${grant}&scope=${old}`, basic(clientId, clientSecret)), core)
    })

    test.each<[string, number, string, (id: string, secret: string) => [string, Record<string, string>?]]>([
      ['no body', 400, 'invalid_request', (id, secret) => ['', basic(id, secret)]],
      ['another grant type', 400, 'unsupported_grant_type', (id, secret) => ['grant_type=password', basic(id, secret)]],
      ['an empty grant type', 400, 'invalid_request', (id, secret) => ['grant_type=', basic(id, secret)]],
      ['a repeated grant type', 400, 'invalid_request', (id, secret) => [`${grant}&${grant}`, basic(id, secret)]],
      [
        'a repeated client',
        400,
        'invalid_request',
        (id, secret) => [`${grant}&client_id=${id}&client_id=${id}&client_secret=${secret}`],
      ],
      ['no credentials', 401, 'invalid_client', () => [grant]],
      ['a wrong secret', 401, 'invalid_client', (id, secret) => [grant, basic(id, `${secret}x`)]],
      ['an unknown client', 401, 'invalid_client', (_id, secret) => [grant, basic('nobody', secret)]],
      ['malformed Basic', 401, 'invalid_client', () => [grant, { Authorization: 'Basic !!!' }]],
      ['two clients at once', 400, 'invalid_request', (id, secret) => [`${grant}&client_id=x`, basic(id, secret)]],
      ['a repeated scope', 400, 'invalid_request', (id, secret) => [`${grant}&scope=a&scope=b`, basic(id, secret)]],
      [
        'a scope it may not have',
        400,
        'invalid_scope',
        (id, secret) => [`${grant}&scope=${scopes.demographics}`, basic(id, secret)],
      ],
      ['broken JSON', 400, 'invalid_request', () => ['{', { 'Content-Type': 'application/json' }]],
      ['a JSON list', 400, 'invalid_request', () => ['[]', { 'Content-Type': 'application/json' }]],
      ['a body of 1 MB', 400, 'invalid_request', () => [`${grant}&x=${'x'.repeat(1_000_000)}`]],
    ])('%s is answered %s %s', async (_what, status, error, make) => {
      const { clientId, clientSecret } = hub.clients.vendor
      const [body, headers] = make(clientId, clientSecret)
      const answer = await ask(body, headers)
      expect(answer).toMatchObject({ status, json: { error, error_description: expect.any(String) } })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.text).not.toContain(clientSecret)
      if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /)
    })

    test('a token is asked for with POST', async () => {
      const answer = await request(hub, '/oauth2/token', { headers: {} })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('POST')
    })
  })
})
