import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { openDatabase, type Database } from '../../platform/database'
import { codeOf } from '../../platform/errors'
import { projectRoot } from '../../platform/projectRoot'
import { openReadTrail } from '../../platform/readTrail'
import { createTestDatabase, type TestDatabase } from '../support/database'
import { createTenant, identityOf } from '../support/roster'
import { until } from '../support/until'
import { trail } from './audit'

/** What is read is recorded, or not answered. */
let testDatabase: TestDatabase
let database: Database
let tenantId: number

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  tenantId = await createTenant(testDatabase.ownerUrl, 'reads')
  database = await openDatabase(testDatabase.appUrl, { poolSize: 4, entities: [] })
})
afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})

const read = { operation: 'readUsers', objectKind: 'user', objectCount: 1 }
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const asking = (requestId: string) => ({ ...identityOf(tenantId), requestId })
const recorded = async () => (await trail(testDatabase.ownerUrl)).map((event) => event.request_id)

/** The database with a switch: off, the audit trail cannot be written. */
function breakable() {
  const state = { isOn: true, writes: 0 }
  const query: Database['query'] = async (tenant, text, values, name) => {
    state.writes++
    if (!state.isOn) throw new Error('connection lost')
    return database.query(tenant, text, values, name)
  }
  return { state, query }
}

describe('the trail of reads', () => {
  it('writes what comes within some milliseconds at once, for each tenant its own', async () => {
    const other = await createTenant(testDatabase.ownerUrl, 'other')
    const { state, query } = breakable()
    const reads = openReadTrail({ query })
    for (let number = 0; number < 50; number++) {
      expect(reads.record(asking(`a${number}`), read)).toBeUndefined()
      expect(reads.record({ ...asking(`b${number}`), tenantId: other }, read)).toBeUndefined()
    }
    const events = await trail(testDatabase.ownerUrl)
    expect(events.filter((event) => event.tenant_id === tenantId && /^a/.test(event.request_id))).toHaveLength(50)
    expect(events.filter((event) => event.tenant_id === other && /^b/.test(event.request_id))).toHaveLength(50)
    expect(state.writes).toBe(2)
    await reads.close()
  })

  it('takes ids that PostgreSQL could not', async () => {
    const reads = openReadTrail(database)
    void reads.record(asking('odd'), { ...read, parentIds: ['nul\0', 'half \ud83d', 'whole 😀', '"\\u0000'] })
    await reads.close()
    const [event] = (await trail(testDatabase.ownerUrl)).filter((each) => each.request_id === 'odd')
    expect(event!.parent_ids).toEqual(['nul\uFFFD', 'half \uFFFD', 'whole 😀', '"\\u0000'])
  })

  it('that cannot be written lets reads wait, refuses them in the end, and has all that was answered when it can again', async () => {
    const { state, query } = breakable()
    const reads = openReadTrail({ query })
    state.isOn = false
    expect(reads.record(asking('answered'), read)).toBeUndefined()
    await pause(100)
    const started = Date.now()
    const refusal = await Promise.resolve(reads.record(asking('refused'), read)).catch((error: unknown) => error)
    expect(codeOf(refusal)).toBe('UNAVAILABLE')
    expect(Date.now() - started).toBeLessThan(15_000)
    const waiting = reads.record(asking('waited'), read)
    await pause(300)
    state.isOn = true
    await waiting
    const ids = await recorded()
    expect(ids).toEqual(expect.arrayContaining(['answered', 'waited']))
    expect(ids).not.toContain('refused')
    expect(reads.record(asking('after'), read)).toBeUndefined()
    await reads.close()
    expect(await recorded()).toContain('after')
  })

  it('never holds more than it may: reads wait while it is full', async () => {
    const { query } = breakable()
    const reads = openReadTrail({ query })
    const parentIds = Array.from({ length: 9_999 }, (_value, number) => `class-${number}`)
    expect(reads.record(asking('large'), { ...read, parentIds })).toBeUndefined()
    const waiting = reads.record(asking('next'), read)
    expect(waiting).toBeInstanceOf(Promise)
    await waiting
    await reads.close()
    expect(await recorded()).toEqual(expect.arrayContaining(['large', 'next']))
  })

  it('is written when the process is closed', async () => {
    const reads = openReadTrail(database)
    void reads.record(asking('last'), read)
    await reads.close()
    expect(await recorded()).toContain('last')
  })

  it('loses the last moment at most when the process is killed', async () => {
    const script = join(projectRoot, 'test/trust/readingProcess.cjs')
    const env = { ...process.env, ...testDatabase.env, TENANT: String(tenantId) }
    const child = fork(script, { env })
    const told: { requestId: string; at: number }[] = []
    child.on('message', (message) => void told.push(message as (typeof told)[number]))
    const numbers = async () => (await recorded()).filter((id) => /^\d+$/.test(id)).map(Number)
    await until('it has read and written for a while', async () => told.length > 200 && (await numbers()).length > 50)
    child.kill('SIGKILL')
    await once(child, 'exit')
    // What it wrote is the beginning of what it read, without a gap; the rest is what waited at the end.
    const written = (await numbers()).sort((a, b) => a - b)
    expect(written).toEqual(written.map((_number, index) => index))
    const lost = told.slice(written.length)
    const moment = lost.length ? lost.at(-1)!.at - lost[0]!.at : 0
    // 20 ms, and the time of a write on a busy machine.
    expect(moment).toBeLessThan(5_000)
  })
})
