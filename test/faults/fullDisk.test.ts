import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { log } from '../../platform/log'
import { workExport } from '../../subgraphs/imports/exports/workExport'
import { directoryStorage } from '../../subgraphs/imports/storage'
import type { Workshop } from '../../subgraphs/imports/work'
import { startWorker } from '../../subgraphs/imports/worker'
import { exportJob, queueExport } from '../exports/support'
import { smallRoster } from '../imports/smallRoster'
import { createImportHub, packageOf, type ImportHub } from '../imports/support'
import { openPool } from '../support/database'

/** A disk that is full after some bytes, as storage.ts meets it. */
describe('an export to a disk that is full', () => {
  let hub: ImportHub
  let pool: Pool
  beforeAll(async () => {
    hub = await createImportHub()
    const worker = await startWorker(hub.config)
    expect(await hub.run(await packageOf(smallRoster()))).toMatchObject({ state: 'COMPLETED' })
    await worker.close()
  })
  afterEach(() => jest.restoreAllMocks())
  afterAll(async () => {
    await pool?.end()
    await hub?.close()
  })

  it('says so in the log, waits, and is whole once there is room', async () => {
    pool = openPool(hub.database.workerUrl, 3)
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    })
    const storage = directoryStorage(hub.config.storageDir)
    const shop = (write: Workshop['storage']['write']): Workshop => ({
      ...{ pool, storage: { ...storage, write }, removalLimit: 1, timeLimitSeconds: 60, retrySeconds: 1 },
      ...{ closing: new AbortController().signal, at: async () => undefined },
    })
    const lines: { message: string; error?: { code?: string } }[] = []
    jest.spyOn(log, 'error').mockImplementation(((message: string, fields: object) => {
      lines.push({ message, ...fields })
      return log
    }) as never)
    const id = await queueExport(hub, {})
    await workExport(
      shop(async (_key, bytes) => {
        await expect(
          (async () => {
            for await (const _chunk of bytes) throw full
          })(),
        ).rejects.toBe(full)
        // Closing and removing what was written takes a moment, in which the stream breaks off.
        await sleep(20)
        throw full
      }),
      id,
    )
    expect(lines).toEqual([
      expect.objectContaining({ message: 'export failed', error: expect.objectContaining({ code: 'ENOSPC' }) }),
    ])
    expect(await exportJob(hub, id)).toMatchObject({ state: 'QUEUED', logId: expect.any(String) })
    await hub.owner.query('update export_jobs set beat_at = null where job_id = $1', [id])
    await workExport(shop(storage.write), id)
    expect(await exportJob(hub, id)).toMatchObject({ state: 'COMPLETED', logId: null })
  })
})
