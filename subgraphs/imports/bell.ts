import Queue from 'bee-queue'
import { buildCache, type CommandClient } from 'bee-queue/lib/lua'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe } from '../../platform/errors'
import { log } from '../../platform/log'

/**
 * The queue is only a bell: it carries the id of a job and may ring twice, late or not at all. PostgreSQL holds the truth, and the worker's
 * sweep finds whatever the bell did not announce.
 */
export interface Bell {
  /** Never throws and never waits long: an upload must not fail because Redis is away. The request is named in the log then. */
  ring(jobId: string, requestId: string): Promise<void>
  close(): Promise<void>
}

const queueName = 'rosterhub-imports'
const patienceMilliseconds = 1_000

/** The side that rings. */
export function openBell(redisUrl: string): Bell {
  const { queue, close } = openQueue(redisUrl, { isWorker: false })
  return {
    async ring(jobId, requestId) {
      const late = new Error('no answer in time')
      const saved = queue
        .createJob({ id: jobId })
        .save()
        .then(
          () => undefined,
          (error: unknown) => error,
        )
      const failure = await Promise.race([saved, sleep(patienceMilliseconds, late, { ref: false })])
      if (!failure) return
      log.warn('the queue did not take a job; the sweep will find it', { requestId, jobId, error: describe(failure) })
    },
    close,
  }
}

/** The side that listens; up to `concurrency` rings are answered at once. */
export function listenToBell(
  redisUrl: string,
  concurrency: number,
  answer: (jobId: string) => Promise<void>,
): { close(): Promise<void> } {
  const { queue, close } = openQueue(redisUrl, { isWorker: true })
  queue.process(concurrency, async (job: Queue.Job<{ id: string }>) => answer(job.data.id))
  // bee-queue puts the job of a dead worker back only when somebody asks.
  const stalled = setInterval(() => void queue.checkStalledJobs().catch(() => undefined), 60_000).unref()
  return {
    close: async () => {
      clearInterval(stalled)
      await close()
    },
  }
}

/** bee-queue opens its own client: an ioredis instance is not recognised and would silently become localhost:6379. */
function openQueue(redisUrl: string, { isWorker }: { isWorker: boolean }) {
  let isClosing = false
  const address = new URL(redisUrl)
  const queue = new Queue<{ id: string }>(queueName, {
    redis: {
      host: address.hostname,
      port: Number(address.port || 6379),
      ...(address.username ? { user: decodeURIComponent(address.username) } : {}),
      ...(address.password ? { password: decodeURIComponent(address.password) } : {}),
      ...(address.pathname.length > 1 ? { db: Number(address.pathname.slice(1)) } : {}),
      ...(address.protocol === 'rediss:' ? { tls: { servername: address.hostname } } : {}),
      // Without an end to it, a Redis that never comes would keep the process from ending.
      retry_strategy: ({ attempt }: { attempt: number }) =>
        isClosing ? new Error('closing') : Math.min(attempt * 100, 1_000),
    },
    isWorker,
    getEvents: false,
    sendEvents: false,
    storeJobs: false,
    removeOnSuccess: true,
    removeOnFailure: true,
    stallInterval: 30_000,
    // Redis may be away when a process starts.
    autoConnect: true,
  })
  let isAway = false
  // Without a listener an error would end the process.
  const failed = (error: unknown) => {
    if (!isAway && !isClosing) log.warn('the import queue cannot be reached', { error: describe(error) })
    isAway = true
  }
  queue.on('error', failed)
  const back = (client: CommandClient) => {
    if (isAway) log.info('the import queue is back')
    isAway = false
    // A Redis that was started anew knows bee-queue's scripts no more, and bee-queue loads them once only.
    buildCache(client).catch(failed)
  }
  queue.ready().then(() => {
    const { client } = queue as unknown as { client: CommandClient }
    client.on('ready', () => back(client))
    back(client)
  }, failed)
  return {
    queue,
    async close() {
      isClosing = true
      // bee-queue waits for a connection before it closes one.
      const closed = queue.close(patienceMilliseconds).catch(() => undefined)
      await Promise.race([closed, sleep(2 * patienceMilliseconds, undefined, { ref: false })])
    },
  }
}
