import { graphql } from 'graphql'
import { startWorker } from '../../subgraphs/imports/worker'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { createTenant, identityOf } from '../support/roster'

/** Whenever a person is erased, an import that is under way does not bring the person back. */
describe('erasing while an import is under way', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> }
  let at: (place: string) => Promise<void> = async () => undefined
  beforeAll(async () => {
    hub = await createImportHub()
    worker = await startWorker(hub.config, (place) => at(place))
  })
  afterAll(async () => {
    await worker?.close()
    await hub?.close()
  })

  async function erase(id: string, tenantId = hub.tenantId) {
    const source = 'mutation ($id: ID!) { erasePerson(userSourcedId: $id, reason: REQUEST) { id } }'
    const contextValue = hub.subgraph.contextFor(identityOf(tenantId))
    const { errors } = await graphql({ schema: hub.subgraph.schema, source, contextValue, variableValues: { id } })
    if (errors) throw errors[0]!
  }
  const named = (title: string) => {
    const files = smallRoster()
    for (const user of files['users.csv']!) user['givenName'] = `Given ${title}`
    return packageOf(files)
  }
  const namesOf = async (table = 'users') =>
    (await hub.owner.query(`select sourced_id, status, given_name from ${table} order by 1`)).rows

  it('leaves the person out between any two steps', async () => {
    await hub.run(await named('first'))
    let erased = ''
    for (const [place, id] of [
      ['parsed users.csv', 's1'],
      ['merging', 's2'],
    ] as const) {
      at = async (here) => {
        if (here !== place || erased === place) return
        erased = place
        await erase(id)
      }
      const job = await hub.run(await named(place))
      expect([place, job.state, job.issueCounts.map(({ code }) => code)]).toEqual([
        place,
        'COMPLETED',
        expect.arrayContaining(['row.erased']),
      ])
      expect(erased).toBe(place)
      expect(await namesOf()).toContainEqual({ sourced_id: id, status: 'tobedeleted', given_name: 'erased' })
    }
    at = async () => undefined
    expect(await namesOf()).toContainEqual({ sourced_id: 't1', status: 'active', given_name: 'Given merging' })
  })

  it('is refused for a moment while the merge itself runs, and the person is gone when tried again', async () => {
    let answer = ''
    at = async (here) => {
      if (here === 'merged') {
        // It waits for the merge, which waits for us: after some seconds it gives up.
        answer = await erase('t1').then(
          () => 'erased',
          (error: { extensions: { code: string } }) => error.extensions.code,
        )
      }
    }
    await hub.run(await named('last'))
    at = async () => undefined
    expect(answer).toBe('SERVER_BUSY')
    await erase('t1')
    expect((await namesOf()).map(({ status }) => status)).toEqual(['tobedeleted', 'tobedeleted', 'tobedeleted'])
  })

  it('concerns the tenant alone, though another board uses the same sourcedId', async () => {
    const other = await createTenant(hub.database.ownerUrl, 'other')
    await hub.owner.query(
      `insert into users (tenant_id, sourced_id, date_last_modified, enabled_user, given_name, family_name, document)
       values ($1, 's1', now(), true, 'Theirs', 'x', '{}')`,
      [other],
    )
    await hub.run(await named('again'))
    const { rows } = await hub.owner.query(`select given_name from users where tenant_id = $1`, [other])
    expect(rows).toEqual([{ given_name: 'Theirs' }])
    await expect(erase('t1', other)).rejects.toThrow('Unknown Object')
  })
})
