import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Redis from 'ioredis'
import { log } from '../../platform/log'
import { projectRoot } from '../../platform/projectRoot'
import { startRedis, type RunningRedis } from '../../scripts/redis'
import { listenToBell, openBell } from '../../subgraphs/imports/bell'
import { until } from '../support/until'

/** A Redis of its own, since it loses what the other tests need. */
describe('the bell, after Redis was started anew', () => {
  let redis: RunningRedis
  beforeAll(async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'rosterhub-redis-'))
    const cacheDir = path.join(projectRoot, '.rosterhub', 'redis')
    redis = await startRedis({ dataDir, cacheDir, forTests: true, removeAfterDeath: dataDir })
  })
  afterAll(() => redis?.stop())
  afterEach(() => jest.restoreAllMocks())

  it('rings again, with nobody doing anything', async () => {
    const heard: string[] = []
    const listener = listenToBell(redis.url, 1, async (jobId) => void heard.push(jobId))
    const bell = openBell(redis.url)
    const admin = new Redis(redis.url)
    try {
      await bell.ring('before', 'r')
      await until('it is heard', () => heard.includes('before'))
      // What a start anew is to the others: connections end, and what only lived in memory is gone.
      await admin.call('SCRIPT', 'FLUSH')
      await admin.client('KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes')
      let refused: unknown[] = []
      jest.spyOn(log, 'warn').mockImplementation(((...line: unknown[]) => (refused.push(line), log)) as never)
      let rings = 0
      await until('a ring is taken', async () => {
        refused = []
        await bell.ring(`after ${++rings}`, 'r')
        return refused.length === 0
      })
      await until('it is heard', () => heard.includes(`after ${rings}`))
    } finally {
      admin.disconnect()
      await bell.close()
      await listener.close()
    }
  })
})
