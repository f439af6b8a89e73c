import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { scopes } from '../../oneroster/scopes'
import { startWorker } from '../../subgraphs/imports/worker'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { createTenant, identityOf } from '../support/roster'
import { until } from '../support/until'
import { askAs, exportEnded, exportJob, queueExport } from './support'

/** cancelExport, at any moment: the job is over at once, and its file is gone as soon as its worker has noticed. */
describe('an export that is cancelled', () => {
  let hub: ImportHub
  const workers: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    hub = await createImportHub()
    const worker = await startWorker(hub.config)
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
    await worker.close()
  })
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()))
  })
  afterAll(() => hub.close())

  const mutation = 'mutation ($id: ID!) { cancelExport(id: $id) { id state progress finishedAt downloadUrl } }'
  const cancel = async (id: string, identity = identityOf(hub.tenantId)) =>
    (await askAs(hub, mutation, { id }, identity)).cancelExport
  const packagePath = (id: string) => join(hub.config.storageDir, 'exports', String(hub.tenantId), id)
  const unfinished = () => {
    const folder = join(hub.config.storageDir, 'incoming')
    return existsSync(folder) ? readdirSync(folder) : []
  }
  /** A worker that waits at the place until it is let go. */
  async function stoppedAt(wanted: string): Promise<{ there: Promise<void>; letGo: () => void }> {
    let arrive = () => {}
    let letGo = () => {}
    const there = new Promise<void>((resolve) => (arrive = resolve))
    const gone = new Promise<void>((resolve) => (letGo = resolve))
    workers.push(
      await startWorker(hub.config, async (place) => {
        if (place !== wanted) return
        arrive()
        await gone
      }),
    )
    return { there, letGo }
  }

  it('while it waits never begins', async () => {
    const id = await queueExport(hub, {})
    expect(await cancel(id)).toMatchObject({
      id,
      state: 'CANCELLED',
      finishedAt: expect.any(String),
      downloadUrl: null,
    })
    const next = await queueExport(hub, {})
    workers.push(await startWorker(hub.config))
    expect((await exportEnded(hub, next)).state).toBe('COMPLETED')
    expect((await exportJob(hub, id)).state).toBe('CANCELLED')
    expect(existsSync(packagePath(id))).toBe(false)
  })

  it.each(['exported orgs.csv', 'exported'])('at "%s" leaves neither a package nor a part of one', async (place) => {
    const { there, letGo } = await stoppedAt(place)
    const id = await queueExport(hub, {})
    await there
    expect(unfinished().length).toBe(place === 'exported' ? 0 : 1)
    expect((await cancel(id)).state).toBe('CANCELLED')
    // More than a beat, so that it comes in the middle of nothing too.
    await sleep(1_200)
    letGo()
    await until('nothing is left', () => !existsSync(packagePath(id)) && unfinished().length === 0)
    expect(await exportJob(hub, id)).toMatchObject({ state: 'CANCELLED', fileName: null })
    const written = await hub.owner.query(
      `select from audit_events where operation = 'writeExport' and $1 = any(object_ids)`,
      [id],
    )
    expect(written.rowCount).toBe(0)
  })

  it('is cancelled once: again, or when it is over, is a conflict that changes nothing', async () => {
    const id = await queueExport(hub, {})
    await cancel(id)
    await expect(cancel(id)).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } })
    workers.push(await startWorker(hub.config))
    const done = await queueExport(hub, {})
    await exportEnded(hub, done)
    await expect(cancel(done)).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } })
    expect([(await exportJob(hub, done)).state, existsSync(packagePath(done))]).toEqual(['COMPLETED', true])
    const events = await hub.owner.query(
      `select client_id from audit_events where operation = 'cancelExport' and object_ids = array[$1]`,
      [id],
    )
    expect(events.rows).toEqual([{ client_id: 'test-client' }])
  })

  it('by who cannot see it, or has not the scope, goes on', async () => {
    const id = await queueExport(hub, {})
    const other = identityOf(await createTenant(hub.database.ownerUrl, 'other'))
    await expect(cancel(id, other)).rejects.toMatchObject({ extensions: { code: 'UNKNOWN_OBJECT' } })
    await expect(cancel('x')).rejects.toMatchObject({ extensions: { code: 'UNKNOWN_OBJECT' } })
    await expect(cancel(id, identityOf(hub.tenantId, [scopes.imports]))).rejects.toMatchObject({
      extensions: { code: 'FORBIDDEN' },
    })
    expect((await exportJob(hub, id)).state).toBe('QUEUED')
  })
})
