import { endpoints } from '../../oneroster/endpoints'
import { scopes, type Scope } from '../../oneroster/scopes'
import { district } from '../rest/district'
import { signAccessToken } from '../../platform/accessToken'
import { countAttacks } from './attacks'
import { smallestCall } from './sampleArguments'
import { ask } from '../support/ask'
import { startHub, type Hub } from '../support/hub'
import { base } from '../rest/rest'

/** Records that are there, so that no answer is a 404 for want of one. */
const existing = (name: string, path: string) =>
  ({
    ...{ classSourcedId: 'class-3', courseSourcedId: 'course-0', schoolSourcedId: 'school-0', termSourcedId: 'term-0' },
    ...{ studentSourcedId: 'user-0030', teacherSourcedId: 'user-0000', userSourcedId: 'user-0030' },
  })[name] ?? (/^\/(schools|orgs)/.test(path) ? 'school-0' : 'user-0030')

/** Threat: a client that is known asks for what it was not given. Every operation of both doors, with every scope alone. */
describe('wrong scope', () => {
  const attacks = countAttacks('wrong scope')
  afterAll(() => attacks.report())

  describe('at the REST door', () => {
    let hub: Hub
    beforeAll(async () => {
      hub = await startHub('one machine', { roster: district })
    })
    afterAll(() => hub?.close())

    it('no path answers a token whose one scope is not among those that open it', async () => {
      for (const scope of [scopes.rosterCore, scopes.roster, scopes.demographics]) {
        // The client holds all three, so it is the token that is narrow.
        const headers = { authorization: `Bearer ${hub.token(scope)}` }
        for (const { path, scopes: opens } of endpoints) {
          const url = hub.restUrl + base + path.replace(/\{(\w+)\}/g, (_all, name: string) => existing(name, path))
          const { status } = await fetch(url, { headers })
          const isOpen = opens.includes(scope)
          if (isOpen) expect([path, scope, [200, 404].includes(status)]).toEqual([path, scope, true])
          else attacks.tried(`${path} with ${scope}`, status === 403, status)
        }
      }
    })

    it('no path writes for a client that may only read', async () => {
      const headers = { authorization: `Bearer ${hub.token()}`, 'content-type': 'application/json' }
      for (const { path } of endpoints.filter(({ answers }) => answers === 'one')) {
        for (const method of ['PUT', 'DELETE']) {
          const init = method === 'PUT' ? { body: '{}' } : {}
          const answer = await fetch(hub.restUrl + base + path.replace(/\{\w+\}/g, 'x'), { method, headers, ...init })
          attacks.tried(`${method} ${path}`, [403, 404, 405, 422].includes(answer.status), answer.status)
        }
      }
    })
  })

  describe('at the GraphQL door', () => {
    let hub: Hub
    beforeAll(async () => {
      hub = await startHub('one machine')
    })
    afterAll(() => hub?.close())

    /** A token with these scopes, of a client that holds them all. */
    const as = (client: { clientId: string }, ...granted: Scope[]) => ({
      authorization: `Bearer ${signAccessToken({ clientId: client.clientId, tenantId: 1, scopes: granted }, hub.config.secret, 600)}`,
    })
    const codesOf = async (query: string, headers: Record<string, string>) =>
      (await ask(hub, query, {}, headers)).errors?.map(({ extensions }) => extensions.code) ?? ['answered']

    it('no mutation acts for a client that may only read, whatever comes to the schema later', async () => {
      const readOnly = as(hub.clients.demographicsVendor, scopes.roster, scopes.rosterCore, scopes.demographics)
      const fields = Object.values(hub.gateway.schema.getMutationType()!.getFields())
      expect(fields.length).toBeGreaterThan(30)
      for (const field of fields) {
        const call = field.name === 'issueToken' ? undefined : smallestCall(field)
        if (!call) continue
        const codes = await codesOf(`mutation { ${call} }`, readOnly)
        attacks.tried(call, codes.includes('FORBIDDEN'), codes)
      }
    })

    it('no query but those about oneself answers a token of another scope', async () => {
      const open = { [scopes.exports]: ['exportJob', 'exportJobs'], [scopes.audit]: ['auditEvents'] } as const
      const fields = Object.values(hub.gateway.schema.getQueryType()!.getFields())
      for (const [scope, mine] of Object.entries(open)) {
        for (const field of fields) {
          const call = smallestCall(field)!
          if (['tenant', 'self', ...mine].includes(field.name)) continue
          const codes = await codesOf(`{ ${call} }`, as(hub.clients.admin, scope as Scope))
          // A field that has moved to another scope of the trail's (its CSV, for example) still belongs to the trail.
          if (scope === scopes.audit && field.name.startsWith('audit')) continue
          attacks.tried(`${call} with ${scope}`, codes.includes('FORBIDDEN'), codes)
        }
      }
    })

    it('demographics open to their own scope only, however they are reached', async () => {
      const queries = [
        '{ demographics { total } }',
        '{ demographicsOf(sourcedId: "x") { birthDate } }',
        '{ users(filter: { sourcedId: { eq: "x" } }) { items { demographics { sex } } total } demographics { total } }',
      ]
      for (const query of queries) {
        const codes = await codesOf(query, as(hub.clients.demographicsVendor, scopes.roster, scopes.rosterCore))
        attacks.tried(query, codes.includes('FORBIDDEN'), codes)
      }
    })

    it('a token cannot claim what its client does not hold', async () => {
      for (const scope of Object.values(scopes)) {
        if (scope === scopes.roster || scope === scopes.rosterCore) continue
        for (const query of [
          '{ clients { total } }',
          '{ auditEvents { total } }',
          '{ importJobs { total } }',
          '{ demographics { total } }',
        ]) {
          const codes = await codesOf(query, as(hub.clients.vendor, scope))
          attacks.tried(`${query} with ${scope}`, codes.includes('FORBIDDEN'), codes)
        }
      }
    })
  })
})
