import { setTimeout as sleep } from 'node:timers/promises'
import { log } from './log'
import { openReadTrail } from './readTrail'

describe('a trail of reads that is closed while the database is away', () => {
  afterEach(() => jest.restoreAllMocks())

  it('tells every event in the log, once, and tries no more afterwards', async () => {
    const told: unknown[] = []
    jest.spyOn(log, 'error').mockImplementation(((message: string, fields: { requestId?: string }) => {
      if (message === 'audit event not written') told.push(fields.requestId)
      return log
    }) as never)
    let tries = 0
    const trail = openReadTrail({
      query: async () => {
        tries++
        await sleep(50)
        throw new Error('away')
      },
    })
    const caller = { tenantId: 1, tenant: 'board', clientId: 'c', scopes: [], address: '::1' }
    const read = { operation: 'readUsers', objectKind: 'user', objectCount: 1 }
    for (const requestId of ['one', 'two']) await trail.record({ ...caller, requestId }, read)
    await trail.close()
    expect(told).toEqual(['one', 'two'])
    const triedBefore = tries
    await sleep(500)
    expect(tries).toBe(triedBefore)
  })
})
