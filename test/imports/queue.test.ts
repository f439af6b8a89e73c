import { randomBytes } from 'node:crypto'
import { startWorker } from '../../subgraphs/imports/worker'
import { createTenant } from '../support/roster'
import { until } from '../support/until'
import { changed, smallRoster } from './smallRoster'
import { createImportHub, csvOf, packageOf, type ImportHub } from './support'

/** Which import runs when (docs/decisions/import-order.md). Everything is uploaded before a worker starts, so that the order is its choice. */
describe('the order of imports', () => {
  let hub: ImportHub
  let worker: { close(): Promise<void> } | undefined
  beforeEach(async () => {
    hub = await createImportHub({ IMPORT_REMOVAL_LIMIT: '1' })
  })
  afterEach(async () => {
    await worker?.close()
    worker = undefined
    await hub.close()
  })
  const start = async (at?: (place: string) => Promise<void>, config = {}) =>
    void (worker = await startWorker({ ...hub.config, ...config }, at))
  /** A package that is large when packed, and brings the small roster. */
  const big = () => {
    const roster = smallRoster()
    Object.assign(roster['orgs.csv']![0]!, { 'metadata.noise': randomBytes(100_000).toString('hex') })
    return packageOf(roster, { extensions: { 'orgs.csv': ['metadata.noise'] } })
  }
  const district = (id: string) => packageOf({ 'orgs.csv': [{ sourcedId: id, name: id, type: 'district' }] })
  const names = new Map<string, string>()
  async function upload(name: string, bytes: Buffer, options: Record<string, unknown> = {}, fileName?: string) {
    const id = await hub.upload(bytes, options, fileName)
    names.set(id, name)
    return id
  }
  /** The names in the order in which the jobs ended. */
  async function order(ids: readonly string[]): Promise<string[]> {
    for (const id of ids) expect(await hub.ended(id)).toMatchObject({ state: 'COMPLETED' })
    return ended()
  }
  async function ended(): Promise<string[]> {
    const { rows } = await hub.owner.query('select job_id from import_jobs order by finished_at')
    return rows.map(({ job_id: id }) => names.get(id)!)
  }

  test('of one source is that of the uploads, however large they are', async () => {
    const [, student] = smallRoster()['users.csv']!
    const delta = Buffer.from(csvOf('users.csv', [changed({ ...student!, phone: '03' })]))
    const ids = [
      await upload('big', await big()),
      await upload('delta', delta, { mode: 'delta' }, 'users.csv'),
      await upload('dry', await district('x'), { dryRun: true }),
    ]
    await start()
    expect(await order(ids)).toEqual(['big', 'delta', 'dry'])
    expect((await hub.owner.query(`select phone from users where sourced_id = 's1'`)).rows).toEqual([{ phone: '03' }])
  })

  test('of several sources: a small one goes before one ten times as large, unless that has waited long', async () => {
    const bytes = await big()
    const ids = [await upload('big', bytes), await upload('small', await district('x'), { source: 'x' })]
    await start()
    expect(await order(ids)).toEqual(['small', 'big'])
    await worker!.close()

    names.clear()
    await hub.owner.query('delete from import_jobs')
    const later = [await upload('big', bytes), await upload('small', await district('y'), { source: 'y' })]
    await hub.owner.query(`update import_jobs set queued_at = now() - interval '6 minutes' where job_id = $1`, [
      later[0],
    ])
    await start()
    expect(await order(later)).toEqual(['big', 'small'])
  })

  test('a small one that needs what the large one brings is put back, not refused', async () => {
    const newcomer = { ...smallRoster()['users.csv']![1]!, sourcedId: 'n', username: 'n' }
    const role = { ...smallRoster()['roles.csv']![1]!, sourcedId: 'rn', userSourcedId: 'n' }
    const files = { 'users.csv': [newcomer], 'roles.csv': [role] }
    const ids = [await upload('big', await big()), await upload('needy', await packageOf(files), { source: 'needy' })]
    const begun: string[] = []
    await start(async (place) => void begun.push(place))
    expect(await order(ids)).toEqual(['big', 'needy'])
    // It was read first, in vain.
    expect(begun[0]).toBe('parsed roles.csv')
    const { rows } = await hub.owner.query('select attempts from import_jobs where job_id = $1', [ids[1]])
    expect(rows).toEqual([{ attempts: 1 }])
  })

  test('one that leaves out what it cannot place never goes before its turn', async () => {
    const ids = [
      await upload('big', await big()),
      await upload('skip', await district('x'), { source: 'x', onError: 'SKIP' }),
    ]
    await start()
    expect(await order(ids)).toEqual(['big', 'skip'])
  })

  /** Moves a job to a tenant of its own: the helper uploads for one tenant only. */
  async function moveToTenant(code: string, id: string): Promise<void> {
    const tenantId = await createTenant(hub.database.ownerUrl, code)
    await hub.owner.query('update import_jobs set tenant_id = $1 where job_id = $2', [tenantId, id])
  }
  const allEnded = async (count: number) => {
    const completed = `select from import_jobs where state = 'COMPLETED'`
    await until('all are over', async () => (await hub.owner.query(completed)).rowCount === count)
  }

  test('of several tenants: the smaller first, one job each in turn, and nobody waits for ever', async () => {
    const bytes = await big()
    await moveToTenant('large', await upload('large', bytes))
    await moveToTenant('small', await upload('small', await district('x')))
    const old = await upload('old', await big())
    await moveToTenant('old', old)
    await hub.owner.query(`update import_jobs set queued_at = now() - interval '11 minutes' where job_id = $1`, [old])
    await start()
    await allEnded(3)
    expect(await ended()).toEqual(['old', 'small', 'large'])
  })

  test('of several tenants side by side, as many as WORKER_CONCURRENCY says', async () => {
    await moveToTenant('one', await upload('one', await packageOf(smallRoster())))
    await moveToTenant('two', await upload('two', await packageOf(smallRoster())))
    let together = 0
    let most = 0
    await start(
      async (place) => {
        if (place !== 'merging') return
        most = Math.max(most, ++together)
        await until('the other comes', () => most === 2)
        together--
      },
      { workerConcurrency: 2 },
    )
    await allEnded(2)
    expect(most).toBe(2)
  })
})

describe('sources', () => {
  test('are listed with their last import, and renamed', async () => {
    const hub = await createImportHub()
    const worker = await startWorker(hub.config)
    try {
      const first = await hub.run(await packageOf(smallRoster()), { source: 'north' })
      await hub.run(Buffer.from('hello'), { source: 'north' })
      await hub.run(Buffer.from('hello'), { source: 'east' })
      const list = '{ importSources { code name lastImport { id state } } }'
      expect(await hub.ask(list)).toEqual({
        importSources: [
          { code: 'east', name: 'east', lastImport: null },
          { code: 'north', name: 'north', lastImport: { id: first.id, state: 'COMPLETED' } },
        ],
      })
      const rename =
        'mutation ($code: String!, $name: String!) { renameImportSource(code: $code, name: $name) { code name } }'
      expect(await hub.ask(rename, { code: 'north', name: ' 北区教育委員会 ' })).toEqual({
        renameImportSource: { code: 'north', name: '北区教育委員会' },
      })
      expect((await hub.run(await packageOf(smallRoster()), { source: 'north' })).state).toBe('COMPLETED')
      expect(await hub.ask('{ importSources { name } }')).toEqual({
        importSources: [{ name: 'east' }, { name: '北区教育委員会' }],
      })
      await expect(hub.ask(rename, { code: 'south', name: 'x' })).rejects.toMatchObject({
        extensions: { code: 'UNKNOWN_OBJECT' },
      })
      await expect(hub.ask(rename, { code: 'north', name: ' ' })).rejects.toMatchObject({
        extensions: { code: 'INVALID_DATA' },
      })
    } finally {
      await worker.close()
      await hub.close()
    }
  })
})
